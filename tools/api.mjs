/**
 * The public API as text: one report per door in docs/api/, made from the built declarations. A change of the API is a
 * change of its report, so it is seen. `node tools/api.mjs` fails on any difference; `--update` rewrites. Needs `npm run build:npm`.
 */
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { doorsOf } from './exports.mjs';
import { isMain, ROOT } from './run.mjs';

const REPORTS = join(ROOT, 'docs', 'api');
const SCRATCH = join(ROOT, '.cache', 'api');

/** @param {string} door `.` or `./name` @returns {string} name of its report, without ending */
export const reportName = (door) => (door === '.' ? 'kindex' : door.slice(2).replaceAll('/', '-'));

/**
 * @param {string} name of the report
 * @param {string} types declaration file of the door
 * @returns {import('@microsoft/api-extractor').ExtractorConfig}
 */
function configFor(name, types) {
  return ExtractorConfig.prepare({
    configObjectFullPath: join(ROOT, 'package.json'),
    packageJsonFullPath: join(ROOT, 'package.json'),
    configObject: {
      projectFolder: ROOT,
      mainEntryPointFilePath: types,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'ES2022',
            lib: ['ES2023', 'ESNext', 'DOM', 'DOM.Iterable'],
            module: 'NodeNext',
            moduleResolution: 'NodeNext',
            strict: true,
            skipLibCheck: true,
            types: [],
          },
          files: [types],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: REPORTS,
        reportTempFolder: SCRATCH,
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Error },
          // Everything a door exports is public; release tags would say so on every line.
          'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
          // Whether a name needs words is for reviewers; repeating the name in other words helps nobody.
          'ae-undocumented': { logLevel: ExtractorLogLevel.None },
          // Shown in the report, where it is reviewed: a type that callers meet but cannot name.
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.None },
        },
        // Doc comments are checked by being read; TSDoc's own syntax rules reject plain prose with braces and `>`.
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
}

/** @param {boolean} update @returns {string[]} one line per door whose report differs, fails or has no door */
function checkReports(update) {
  mkdirSync(REPORTS, { recursive: true });
  mkdirSync(SCRATCH, { recursive: true });
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const problems = [];
  const expected = new Set();
  for (const [door, targets] of doorsOf(exports)) {
    if (!targets['types']) continue;
    const types = join(ROOT, targets['types']);
    const name = reportName(door);
    expected.add(`${name}.api.md`);
    if (!existsSync(types)) {
      problems.push(`"${door}": ${targets['types']} is missing; run npm run build:npm first`);
      continue;
    }
    const result = Extractor.invoke(configFor(name, types), {
      localBuild: update,
      messageCallback: (message) => {
        message.handled = true;
        if (message.logLevel === ExtractorLogLevel.Error)
          problems.push(`"${door}": ${message.formatMessageWithLocation(ROOT)}`);
      },
    });
    if (result.apiReportChanged && !update) {
      problems.push(
        `"${door}": the API is not what docs/api/${name}.api.md says. Meant? Then run npm run api:update and review the difference.`,
      );
    }
  }
  for (const file of readdirSync(REPORTS).filter((name) => name.endsWith('.api.md') && !expected.has(name))) {
    if (update) rmSync(join(REPORTS, file));
    else problems.push(`docs/api/${file} has no door any more; run npm run api:update`);
  }
  return problems;
}

if (isMain(import.meta.url)) {
  const update = process.argv.includes('--update');
  const problems = checkReports(update);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length === 0)
    process.stdout.write(update ? 'API reports written.\n' : 'The API is as reported.\n');
  process.exitCode = problems.length === 0 ? 0 : 1;
}
