/**
 * Records what a real Chroma server answers to every conformance case, through the official client:
 * `npm run conformance:record -- --chroma http://localhost:8000`. The server must allow `reset()`; all its data is dropped.
 * The replay against this package needs no server.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cases } from '../src/client/conformance/cases/index.mjs';
import { runCase } from '../src/client/conformance/run-case.mjs';
import { isMain, ROOT } from './run.mjs';

export const RECORD = join(ROOT, 'src', 'client', 'conformance', 'recorded.json');

/**
 * @param {string} url of the server
 * @returns {Promise<{ client: string, server: string, cases: Record<string, import('../src/client/conformance/run-case.mjs').Step[]> }>}
 */
export async function recordAll(url) {
  const api = await import('chromadb');
  const { protocol, hostname, port } = new URL(url);
  const place = { host: hostname, port: Number(port || 8000), ssl: protocol === 'https:' };
  const client = new api.ChromaClient(place);
  const admin = new api.AdminClient(place);
  /** @type {Record<string, import('../src/client/conformance/run-case.mjs').Step[]>} */
  const recorded = {};
  for (const testCase of cases) {
    if (testCase.name in recorded) throw new Error(`Two cases are named "${testCase.name}".`);
    await client.reset();
    try {
      recorded[testCase.name] = await runCase(testCase, {
        client: new api.ChromaClient(place),
        api,
        admin,
      });
    } catch (error) {
      throw new Error(`The script of "${testCase.name}" failed.`, { cause: error });
    }
  }
  await client.reset();
  const installed = JSON.parse(readFileSync(join(ROOT, 'node_modules', 'chromadb', 'package.json'), 'utf8'));
  return {
    client: `chromadb ${installed.version}`,
    server: `Chroma, API ${await client.version()}`,
    cases: recorded,
  };
}

/** @param {Awaited<ReturnType<typeof recordAll>>} record one line per step, so that changes can be read */
export function recordText(record) {
  const bodies = Object.entries(record.cases).map(
    ([name, steps]) =>
      `    ${JSON.stringify(name)}: [\n${steps.map((step) => `      ${JSON.stringify(step)}`).join(',\n')}\n    ]`,
  );
  return `{\n  "client": ${JSON.stringify(record.client)},\n  "server": ${JSON.stringify(record.server)},\n  "cases": {\n${bodies.join(',\n')}\n  }\n}\n`;
}

if (isMain(import.meta.url)) {
  const { values } = parseArgs({ options: { chroma: { type: 'string' } } });
  if (values.chroma === undefined) {
    process.stderr.write('Give the address of a Chroma server: --chroma http://localhost:8000\n');
    process.exitCode = 1;
  } else {
    const record = await recordAll(values.chroma);
    writeFileSync(RECORD, recordText(record));
    process.stdout.write(`${Object.keys(record.cases).length} cases recorded in ${RECORD}.\n`);
  }
}
