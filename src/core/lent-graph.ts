/** As lent-flat.ts, for an index that is to have a graph: it has none until it has an instance. */
import type { Matrix } from '../base/types.js';
import { checkLimits, checkRange, checkVectors, noCodes } from './check.js';
import type {
  CodedVectors,
  CodeTables,
  Core,
  GraphOptions,
  GraphVectors,
  LinkProgress,
  RowBits,
  ScanResult,
} from './core.js';
import { noInstance, type Instances } from './instances.js';
import { LentFlatVectors } from './lent-flat.js';

export class LentGraphVectors extends LentFlatVectors<GraphVectors> implements GraphVectors {
  /** As they are to be once there is an instance. */
  readonly #limits: Pick<GraphOptions, 'maxNeighbors' | 'efConstruction'>;
  #room: number;

  /** @throws RUNTIME_OUT_OF_MEMORY when codes alone are to be kept: they need an instance */
  constructor(options: GraphOptions, { core, instances }: { core: Core; instances: Instances }) {
    const { space, dimensions, maxNeighbors, efConstruction } = options;
    super({
      space,
      dimensions,
      squaredNorms: (matrix) => core.squaredNorms(matrix),
      instances,
      make: () => {
        // Lists keep the room they were once given.
        const made = core.createGraphVectors({ ...options, maxNeighbors: this.#room });
        made.tune(this.#limits);
        return made;
      },
    });
    this.#limits = { maxNeighbors, efConstruction };
    this.#room = maxNeighbors;
    if (options.codesFrom) this.#needed();
  }

  get linked(): number {
    return this.large?.linked ?? 0;
  }

  get codeTables(): CodeTables | null {
    return this.large?.codeTables ?? null;
  }

  get absent(): number {
    return this.large?.absent ?? 0;
  }

  get room(): number {
    return this.large?.room ?? this.#room;
  }

  readCodes(rows: Uint32Array): CodedVectors {
    if (this.large === null) throw noCodes();
    return this.large.readCodes(rows);
  }

  useTables(tables: CodeTables): void {
    this.#needed().useTables(tables);
  }

  setCodes(rows: Uint32Array, coded: CodedVectors): void {
    this.#needed().setCodes(rows, coded);
  }

  fill(rows: Uint32Array, matrix: Matrix): void {
    if (this.large === null) checkVectors(rows, matrix, this.dimensions);
    else this.large.fill(rows, matrix);
  }

  isAbsent(row: number): boolean {
    return this.large?.isAbsent(row) ?? false;
  }

  absentRows(allow?: RowBits): Uint32Array<ArrayBuffer> {
    return this.large?.absentRows(allow) ?? new Uint32Array(0);
  }

  missing(
    query: Float32Array,
    k: number,
    options: { ef: number; allow?: RowBits },
  ): Uint32Array<ArrayBuffer> {
    return this.large?.missing(query, k, options) ?? new Uint32Array(0);
  }

  /** Without an instance there is nothing to be done. */
  link(budget: number): LinkProgress {
    checkRange('budget', budget, 1, 2 ** 31 - 1);
    const graph = this.size === 0 ? this.large : this.demand();
    return graph?.link(budget) ?? { done: true, distances: 0 };
  }

  tune(limits: Pick<GraphOptions, 'maxNeighbors' | 'efConstruction'>): void {
    checkLimits(limits);
    this.large?.tune(limits);
    this.#limits.maxNeighbors = limits.maxNeighbors;
    this.#limits.efConstruction = limits.efConstruction;
    this.#room = Math.max(this.#room, limits.maxNeighbors);
  }

  /** Without a graph the exact answer. */
  searchGraph(query: Float32Array, k: number, options: { ef: number; allow?: RowBits }): ScanResult {
    if (this.large !== null) return this.large.searchGraph(query, k, options);
    checkRange('ef', options.ef, 1, 2 ** 27);
    return this.search(query, k, options.allow);
  }

  renumber(): void {
    this.large?.renumber();
  }

  serialize(): Generator<void, Uint8Array<ArrayBuffer>[] | null> {
    return this.#needed().serialize();
  }

  restore(bytes: Uint8Array, leaveOut?: RowBits): void {
    this.#needed().restore(bytes, leaveOut);
  }

  /** @throws RUNTIME_OUT_OF_MEMORY */
  #needed(): GraphVectors {
    const graph = this.demand();
    if (graph === null) throw noInstance();
    return graph;
  }
}
