/**
 * A scope in which chosen allocations fail as they do when there is no memory: those of WebAssembly (instances, growth) and
 * those of long arrays. It stands in front of a worker, or around the package in Node.
 */

/**
 * @typedef {object} Scarcity
 * @property {'wasm' | 'arrays'} of what fails
 * @property {number} from the first allocation that fails, counted from 1
 * @property {number} to the first one that succeeds again
 */

/** Arrays of fewer elements are never refused: an engine without room for those ends the whole worker. */
const LEAST_ELEMENTS = 256;

/**
 * @param {(of: Scarcity['of'], count: number) => void} refused told of each allocation before it fails
 * @returns {{ set: (scarcity: Scarcity | null) => void, counts: Record<Scarcity['of'], number>, restore: () => void }} `set` begins
 *   to count anew
 */
export function makeScarce(refused) {
  /** @type {Scarcity | null} */
  let scarcity = null;
  const counts = { wasm: 0, arrays: 0 };
  /** @param {Scarcity['of']} of */
  const allocate = (of) => {
    const count = ++counts[of];
    if (scarcity?.of !== of || count < scarcity.from || count >= scarcity.to) return;
    refused(of, count);
    throw new RangeError(of === 'wasm' ? 'Maximum memory size exceeded' : 'Array buffer allocation failed');
  };
  const scope = /** @type {Record<string, any>} */ (globalThis);
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = function (pages) {
    allocate('wasm');
    return grow.call(this, pages);
  };
  const { Instance } = WebAssembly;
  WebAssembly.Instance = new Proxy(Instance, {
    construct(target, parts) {
      allocate('wasm');
      return Reflect.construct(target, parts);
    },
  });
  /** @type {Map<string, unknown>} */
  const originals = new Map();
  for (const name of ['ArrayBuffer', 'Uint8Array', 'Uint32Array', 'Float32Array']) {
    originals.set(name, scope[name]);
    scope[name] = new Proxy(scope[name], {
      construct(target, parts) {
        if (typeof parts[0] === 'number' && parts[0] >= LEAST_ELEMENTS) allocate('arrays');
        return Reflect.construct(target, parts);
      },
    });
  }
  return {
    counts,
    set(wanted) {
      scarcity = wanted;
      counts.wasm = 0;
      counts.arrays = 0;
    },
    restore() {
      WebAssembly.Memory.prototype.grow = grow;
      WebAssembly.Instance = Instance;
      for (const [name, original] of originals) scope[name] = original;
    },
  };
}
