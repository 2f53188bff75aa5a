/** The ABI of a WebAssembly module as a number: names and types of all it exports, hashed. Reads bytes, as not every engine takes every module. */

const KINDS = ['function', 'table', 'memory', 'global'];

/**
 * @param {Uint8Array} bytes a module without imports, as wasm/ builds them
 * @returns {{ lines: string[], globals: Map<string, number> }} a line for each export, sorted; values of exported constants of 32 bits, unsigned
 */
export function exportsOf(bytes) {
  let at = 8;
  const byte = () => {
    const value = bytes[at++];
    if (value === undefined) throw new Error('The module ends too early.');
    return value;
  };
  /** The low 32 bits of a number of any length. */
  const number = (signed = false) => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const next = byte();
      if (shift < 32) value |= (next & 127) << shift;
      if (next >= 128) continue;
      if (signed && next & 64 && shift + 7 < 32) value |= -1 << (shift + 7);
      return value >>> 0;
    }
  };
  /** @template T @param {() => T} read @returns {T[]} */
  const list = (read) => Array.from({ length: number() }, read);
  const types = () => list(() => byte().toString(16)).join(',');
  const text = () => {
    const length = number();
    return new TextDecoder().decode(bytes.subarray(at, (at += length)));
  };
  const constant = () => {
    at += 2;
    const operation = byte();
    const value = operation === 0x41 || operation === 0x42 ? number(true) : 0;
    if (operation === 0x43) at += 4;
    if (operation === 0x44) at += 8;
    at += 1;
    return value;
  };
  /** @type {string[]} */
  let signatures = [];
  /** @type {number[]} */
  let functions = [];
  /** @type {number[]} */
  let constants = [];
  /** @type {{ name: string, kind: number, index: number }[]} */
  let exported = [];
  while (at < bytes.length) {
    const id = byte();
    const end = number() + at;
    if (id === 1) {
      signatures = list(() => {
        at += 1;
        return `(${types()})→(${types()})`;
      });
    } else if (id === 3) functions = list(number);
    else if (id === 6) constants = list(constant);
    else if (id === 7) exported = list(() => ({ name: text(), kind: byte(), index: number() }));
    at = end;
  }
  const lines = exported.map(({ name, kind, index }) =>
    kind === 0 ? `${name}${signatures[functions[index] ?? -1]}` : `${name}: ${KINDS[kind]}`,
  );
  const globals = exported.filter(({ kind }) => kind === 3);
  return {
    lines: lines.toSorted(),
    globals: new Map(globals.map(({ name, index }) => [name, constants[index] ?? 0])),
  };
}

/** @param {Uint8Array} bytes as above @returns {{ said: number, wanted: number }} its `ABI_HASH`, and what that has to be */
export function abiOf(bytes) {
  const { lines, globals } = exportsOf(bytes);
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(lines.join('\n')))
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  const said = globals.get('ABI_HASH') ?? 0;
  // The last byte is a revision, raised by hand.
  return { said, wanted: hash - (hash & 255) + (said & 255) };
}
