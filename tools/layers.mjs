/**
 * The arrows of the house as code: which folder of src/ may import which, and the few things that live in one place only.
 * `node tools/layers.mjs` reports every violation and fails on any. Tests may import what they like, and nobody imports them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { parseSync } from 'vite';
import { isMain, ROOT } from './run.mjs';

/**
 * `values`: rooms whose code may be imported. Types may come from those and from every room further up in the table
 * (further down in the house), except `never`. `packages`: npm packages this room alone may import; `lazy:` in front
 * allows `import()` only. `node`: Node's own modules may be imported; bundlers for browsers stop at their names.
 * @typedef {{ values: string[], never?: string[], packages?: string[], node?: true }} Room
 */

/**
 * Rooms within a folder. `embed/light` is the half of embed that the page carries: interface, registry, names and proxy, no
 * engine. `rpc/service` is what is said across the bridge: both halves speak it, and neither learns of the bridge from it.
 * @type {Record<string, string[]>}
 */
const PARTS = {
  'embed/light': [
    'embed/check-texts.ts',
    'embed/embedding-function.ts',
    'embed/matrix-rows.ts',
    'embed/registry.ts',
    'embed/remote.ts',
    'embed/static-identity.ts',
    'embed/static-revision.ts',
  ],
  'rpc/service': ['rpc/service.ts', 'rpc/feed.ts'],
  // What the page needs to read and write snapshots, which it does by itself, before any of it reaches a worker.
  'format/snapshot': [
    'format/bytes.ts',
    'format/sha256.ts',
    'format/snapshot-reader.ts',
    'format/snapshot.ts',
    'format/stored-collection.ts',
    'format/uuid.ts',
    'format/write-entry.ts',
  ],
};

/**
 * The rooms from the ground up; a folder that is not here may not exist.
 * @type {Record<string, Room>}
 */
export const ROOMS = {
  base: { values: [] },
  'rpc/service': { values: ['base'] },
  core: { values: ['base'] },
  text: { values: ['base'] },
  'format/snapshot': { values: ['base'] },
  format: { values: ['base', 'format/snapshot'] },
  filter: { values: ['base'] },
  'vector-index': {
    values: ['base', 'core'],
    never: ['text'],
    packages: ['lazy:hnswlib-wasm'],
  },
  'lexical-index': { values: ['base', 'text', 'core'] },
  storage: { values: ['base', 'format', 'format/snapshot'], never: ['vector-index'], packages: ['idb'] },
  query: {
    values: ['base', 'core', 'filter', 'vector-index', 'lexical-index'],
    never: ['storage'],
  },
  store: {
    values: [
      'base',
      'core',
      'text',
      'format',
      'format/snapshot',
      'filter',
      'vector-index',
      'lexical-index',
      'storage',
      'query',
    ],
  },
  analytics: { values: ['base', 'core'], never: ['store'] },
  adapt: { values: ['base', 'core'], never: ['store'] },
  'embed/light': { values: ['base'], never: ['store'] },
  embed: {
    values: ['base', 'text', 'core', 'embed/light'],
    never: ['store'],
    packages: ['lazy:@huggingface/transformers'],
  },
  interchange: {
    values: ['base', 'format', 'format/snapshot'],
    never: ['store'],
    packages: ['lazy:hyparquet'],
  },
  // The page bundle carries no database: the bridge knows services by their types alone.
  rpc: { values: ['base', 'rpc/service'], never: ['store'], packages: ['comlink'] },
  // Host puts a store together, so beside `store` it takes the parts it chooses between: a backend, a core and an engine.
  host: {
    values: [
      'base',
      'rpc',
      'rpc/service',
      'store',
      'storage',
      'core',
      'vector-index',
      'analytics',
      'adapt',
      'embed',
      'embed/light',
    ],
    packages: ['comlink'],
  },
  client: {
    values: ['base', 'rpc', 'rpc/service', 'embed/light', 'format/snapshot'],
    never: ['store', 'query', 'core', 'embed', 'host'],
  },
  evaluate: { values: ['base', 'text'], never: ['client'] },
  integrations: { values: ['base', 'client'] },
  elements: { values: ['base', 'client'] },
  'index.ts': {
    values: ['base', 'rpc', 'rpc/service', 'client', 'embed/light'],
    never: ['store', 'query', 'core', 'host'],
  },
  'inline.ts': { values: ['base', 'rpc', 'rpc/service', 'client', 'host', 'embed/light'] },
  'worker.ts': { values: ['base', 'rpc/service', 'host', 'vector-index'] },
  'hnswlib.ts': { values: ['base', 'vector-index'] },
  node: {
    values: [
      'base',
      'text',
      'format',
      'format/snapshot',
      'filter',
      'embed',
      'embed/light',
      'evaluate',
      'interchange',
      'client',
      'inline.ts',
    ],
    node: true,
  },
};

/** Folders outside src/ that use the package by its name, as its users do. */
const OUTSIDE = ['demo', 'e2e', 'bench'];

const TEST_FILE = /\.(test|test-d|browser|contract)\.ts$|\/fixtures\//;

/**
 * @typedef {{ specifier: string, line: number, kind: 'value' | 'type' | 'lazy' }} Import
 * @typedef {{ imports: Import[], workers: number[], consoles: number[], error: string | null }} Facts
 */

/**
 * What a module imports and which watched things it does, by syntax and not by text: comments and strings do not count.
 * @param {string} file
 * @param {string} text
 * @returns {Facts}
 */
export function readModule(file, text) {
  const parsed = parseSync(file, text);
  /** @type {Facts} */
  const facts = { imports: [], workers: [], consoles: [], error: parsed.errors[0]?.message ?? null };
  const lineAt = (/** @type {number} */ offset) => text.slice(0, offset).split('\n').length;

  const visit = (/** @type {any} */ node) => {
    if (Array.isArray(node)) {
      node.forEach(visit);
      return;
    }
    if (node === null || typeof node !== 'object' || typeof node.type !== 'string') return;
    const line = lineAt(node.start);
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
        if (node.source) {
          const typeOnly = (node.importKind ?? node.exportKind) === 'type';
          facts.imports.push({ specifier: node.source.value, line, kind: typeOnly ? 'type' : 'value' });
        }
        break;
      case 'ImportExpression':
        if (typeof node.source.value === 'string') {
          facts.imports.push({ specifier: node.source.value, line, kind: 'lazy' });
        }
        break;
      case 'TSImportType':
        facts.imports.push({ specifier: (node.source ?? node.argument.literal).value, line, kind: 'type' });
        break;
      case 'NewExpression':
        if (/^(Shared)?Worker$/.test(node.callee.name ?? '')) facts.workers.push(line);
        break;
      case 'MemberExpression':
        if (node.object.name === 'console') facts.consoles.push(line);
        break;
      default:
    }
    for (const key of Object.keys(node)) visit(node[key]);
  };
  visit(parsed.program);
  return facts;
}

/**
 * @param {string} path inside src/
 * @returns {string} the room a file lies in; not necessarily one of `ROOMS`
 */
function roomOf(path) {
  const part = Object.keys(PARTS).find((name) => PARTS[name]?.includes(path));
  return part ?? path.split('/')[0] ?? '';
}

/** @param {string} specifier @returns {string} `@scope/name/deep` → `@scope/name` */
const packageOf = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/**
 * @param {string} from importing room
 * @param {string} to imported room
 * @param {Import['kind']} kind
 */
function mayImport(from, to, kind) {
  const room = ROOMS[from];
  if (!room || !ROOMS[to]) return false;
  if (from === to || room.values.includes(to)) return true;
  if (kind !== 'type' || room.never?.includes(to)) return false;
  // Parts of one folder may know each other's types.
  if (from.split('/')[0] === to.split('/')[0]) return true;
  const order = Object.keys(ROOMS);
  return order.indexOf(to) < order.indexOf(from);
}

/**
 * @param {string} room
 * @param {Import} found
 * @returns {string | null} what is wrong with importing this package here
 */
function packageComplaint(room, found) {
  if (found.kind === 'type') return null;
  if (found.specifier.startsWith('node:')) {
    return ROOMS[room]?.node ? null : `${room} may not load Node modules`;
  }
  const name = packageOf(found.specifier);
  const packages = ROOMS[room]?.packages ?? [];
  if (packages.includes(name)) return null;
  if (packages.includes(`lazy:${name}`)) {
    return found.kind === 'lazy' ? null : `optional package ${name} must be loaded by import()`;
  }
  return `package ${name} does not belong into ${room}`;
}

/**
 * Every cycle of value imports, each reported once, starting at its alphabetically first file.
 * @param {Map<string, string[]>} graph
 * @returns {string[]}
 */
function findCycles(graph) {
  /** @type {Set<string>} */
  const done = new Set();
  /** @type {Set<string>} */
  const cycles = new Set();
  /** @type {string[]} */
  const path = [];
  const visit = (/** @type {string} */ file) => {
    const at = path.indexOf(file);
    if (at >= 0) {
      const cycle = path.slice(at);
      const first = cycle.indexOf([...cycle].sort()[0] ?? file);
      const turned = [...cycle.slice(first), ...cycle.slice(0, first)];
      cycles.add([...turned, turned[0]].join(' → '));
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return [...cycles];
}

/**
 * @param {Map<string, string>} files path from the repository's root, with `/`, → text
 * @returns {string[]} one line per violation; empty when the house is in order
 */
export function findViolations(files) {
  /** @type {string[]} */
  const violations = [];
  /** @type {Map<string, string[]>} */
  const graph = new Map();

  for (const [file, text] of files) {
    const [area = '', ...rest] = file.split('/');
    const inside = rest.join('/');
    const isTest = TEST_FILE.test(file);
    const room = area === 'src' ? roomOf(inside) : area;
    const say = (/** @type {number} */ line, /** @type {string} */ what) =>
      violations.push(`${file}:${line}: ${what}`);

    if (area === 'src' && !ROOMS[room]) say(1, `src/${room} is not a room of this house`);
    if (/(^|\/)utils?(\/|\.ts$)/.test(inside)) say(1, 'there is no "utils": code lives where its idea lives');

    const facts = readModule(file, text);
    if (facts.error) say(1, `cannot be parsed: ${facts.error}`);
    if (area === 'src' && !isTest) {
      for (const line of facts.consoles) say(line, 'console belongs to the application, not to a library');
      if (file !== 'src/rpc/spawn.ts') {
        for (const line of facts.workers) say(line, 'workers are started in src/rpc/spawn.ts only');
      }
    }

    /** @type {string[]} */
    const targets = [];
    for (const found of facts.imports) {
      const { specifier, line, kind } = found;
      if (!specifier.startsWith('.')) {
        if (isTest || area !== 'src') continue;
        const complaint = packageComplaint(room, found);
        if (complaint) say(line, complaint);
        continue;
      }
      const target = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
      const targetArea = target.split('/')[0] ?? '';
      if (OUTSIDE.includes(area)) {
        if (['src', 'workers', 'dist'].includes(targetArea)) {
          say(line, `${area} uses the package by name, not "${specifier}"`);
        }
        continue;
      }
      if (isTest) continue;
      if (!files.has(target)) {
        say(line, `"${specifier}" names no file`);
        continue;
      }
      if (TEST_FILE.test(target)) say(line, `"${specifier}" is for tests`);
      if (kind === 'value') targets.push(target);
      const to = targetArea === 'src' ? roomOf(target.slice('src/'.length)) : targetArea;
      if (area === 'workers' ? to !== 'host' : !mayImport(room, to, kind)) {
        say(line, `${room} may not import ${kind === 'type' ? 'types' : 'code'} from ${to} ("${specifier}")`);
      }
    }
    if (!isTest) graph.set(file, targets);
  }
  return [...violations, ...findCycles(graph).map((cycle) => `import cycle: ${cycle}`)];
}

/** @returns {Map<string, string>} the repository's TypeScript files that the table is about */
export function readHouse() {
  /** @type {Map<string, string>} */
  const files = new Map();
  for (const area of ['src', 'workers', ...OUTSIDE]) {
    /** @type {string[]} */
    let names = [];
    try {
      names = readdirSync(join(ROOT, area), { recursive: true, encoding: 'utf8' });
    } catch (error) {
      // A folder of the outer ring appears with its first file; src and workers are never missing.
      if (!OUTSIDE.includes(area)) throw error;
    }
    for (const name of names.sort()) {
      const path = posix.join(area, ...name.split(sep));
      if (!path.endsWith('.ts') || path.endsWith('.d.ts') || /(^|\/)(node_modules|dist)\//.test(path))
        continue;
      files.set(path, readFileSync(join(ROOT, path), 'utf8'));
    }
  }
  return files;
}

if (isMain(import.meta.url)) {
  const files = readHouse();
  const violations = findViolations(files);
  for (const violation of violations) process.stderr.write(`${violation}\n`);
  process.stdout.write(`${files.size} files, ${violations.length} violations.\n`);
  process.exitCode = violations.length > 0 || files.size === 0 ? 1 : 0;
}
