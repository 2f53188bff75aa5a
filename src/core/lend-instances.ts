/**
 * A core whose indexes take a wasm instance when it pays: small ones lie in an ordinary buffer, and so does what no memory is left for.
 * They move once, with the same rows; the answers are the same within the rounding that scalar.ts tells.
 */
import type { BinaryVectors } from './binary.js';
import { checkDimensions, checkGraphOptions } from './check.js';
import type { Core } from './core.js';
import { Instances, noInstance } from './instances.js';
import { LentFlatVectors } from './lent-flat.js';
import { LentGraphVectors } from './lent-graph.js';

export interface LendingCore extends Core {
  /** Indexes that would have an instance if there were one. */
  readonly waiting: number;
}

/** `core`: makes one instance per index. `now`: milliseconds. */
export function lendInstances(core: Core, now: () => number = () => performance.now()): LendingCore {
  const instances = new Instances(now);
  const squaredNorms: Core['squaredNorms'] = (matrix) => core.squaredNorms(matrix);
  return {
    kind: core.kind,
    crc32c: (bytes, seed) => core.crc32c(bytes, seed),
    squaredNorms,
    createFlatVectors({ space, dimensions }) {
      checkDimensions(dimensions);
      const make = (): ReturnType<Core['createFlatVectors']> => core.createFlatVectors({ space, dimensions });
      return new LentFlatVectors({ space, dimensions, squaredNorms, instances, make });
    },
    createGraphVectors(options) {
      checkGraphOptions(options);
      return new LentGraphVectors(options, { core, instances });
    },
    async loadBinary() {
      const create = await core.loadBinary();
      return (options) => {
        const floats = options.sample.rows * options.dimensions;
        if (!instances.mayTake({ floats, urgent: false, refusedAt: Infinity })) throw noInstance();
        return lent(
          instances.take(() => create(options)),
          instances,
        );
      };
    },
    get warning() {
      const { size } = instances.waiting;
      if (size === 0) return null;
      return `${size} of the vector indexes have no memory of WebAssembly, of which browsers give a process only so many: they are searched exactly, without SIMD and without a graph, until others are deleted or closed.`;
    },
    get waiting() {
      return instances.waiting.size;
    },
  };
}

function lent(bits: BinaryVectors, instances: Instances): BinaryVectors {
  let isLent = true;
  return {
    space: bits.space,
    dimensions: bits.dimensions,
    get size() {
      return bits.size;
    },
    get bytes() {
      return bits.bytes;
    },
    set: (rows, matrix) => bits.set(rows, matrix),
    reserve: (count) => bits.reserve(count),
    remove: (rows) => bits.remove(rows),
    search: (query, k, allow) => bits.search(query, k, allow),
    dispose() {
      bits.dispose();
      if (isLent) instances.giveBack();
      isLent = false;
    },
  };
}
