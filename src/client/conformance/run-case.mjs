/**
 * Runs one conformance case against any client with chromadb's API and writes down what came back, in a form that two
 * implementations can be compared in: floats rounded, UUIDs numbered, errors as class, message and code.
 */

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const NIL_UUID = '00000000-0000-0000-0000-000000000000';

/**
 * @param {import('./run-case.mjs').ConformanceCase} testCase
 * @param {{ client: any, api: any, admin?: any }} given `client`: over an empty database · `api`: the module it comes from
 * @returns {Promise<import('./run-case.mjs').Step[]>} one step per `note`, in order. @throws what the script itself throws outside of `note`
 */
export async function runCase(testCase, { client, api, admin }) {
  const steps = [];
  const uuids = new Map();
  const note = async (work) => {
    try {
      const value = await work();
      steps.push({ value: plain(value, uuids) });
      return value;
    } catch (error) {
      steps.push({ error: plainError(error, uuids) });
      return undefined;
    }
  };
  /** A collection without embedding function, as most cases want it. */
  const collection = (args = {}) =>
    client.createCollection({ name: 'records', embeddingFunction: null, ...args });
  await testCase.script({ client, api, admin, note, collection });
  return steps;
}

/** The values a comparison is about: nothing that differs between two runs, no classes, no undefined that JSON would lose. */
function plain(value, uuids) {
  if (value === undefined) return '<undefined>';
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return `<${value}>`;
    return Number.isInteger(value) ? value + 0 : Number(value.toPrecision(7));
  }
  if (typeof value === 'string') return withoutUuids(value, uuids);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return Array.from(value, (item) => plain(item, uuids));
  if (typeof value.modify === 'function') return plainCollection(value, uuids);
  if (typeof value.rows === 'function') return plainResult(value, uuids);
  // In one order: a server gives the keys of metadata in any, and a record made anew should show what changed.
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item, uuids)]));
}

function plainCollection(collection, uuids) {
  const { id, name, metadata, tenant, database } = collection;
  return plain({ id, name, metadata: metadata ?? null, tenant, database }, uuids);
}

function plainResult(result, uuids) {
  const fields = ['ids', 'distances', 'documents', 'embeddings', 'metadatas', 'uris', 'include'];
  return Object.fromEntries(
    fields.filter((field) => field in result).map((field) => [field, plain(result[field], uuids)]),
  );
}

function plainError(error, uuids) {
  const classes = [];
  for (let proto = Object.getPrototypeOf(error); proto && proto !== Object.prototype;) {
    classes.push(proto.constructor.name);
    proto = Object.getPrototypeOf(proto);
  }
  // Bundlers rename classes; the instance's own name is the one that is promised.
  if (!classes.includes(error.name)) classes.unshift(error.name);
  const message = withoutUuids(String(error.message).replace(/^Bad request to \S+ with status: /, ''), uuids);
  return { classes, message, ...(error.code === undefined ? {} : { code: error.code }) };
}

function withoutUuids(text, uuids) {
  return text.replace(UUID, (uuid) => {
    if (uuid === NIL_UUID) return uuid;
    if (!uuids.has(uuid)) uuids.set(uuid, `<uuid ${uuids.size + 1}>`);
    return uuids.get(uuid);
  });
}
