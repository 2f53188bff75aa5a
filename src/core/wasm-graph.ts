/** Vectors of one index and the graph over them, in the memory of their own wasm instance; layout in wasm/graph-memory.ts. */
import { kindexError } from '../base/errors.js';
import type { Matrix, Row, Space } from '../base/types.js';
import { AbsentRows } from './absent-rows.js';
import {
  allocateMatrix,
  checkCoded,
  checkK,
  checkLimits,
  checkQueryFinite,
  checkQueryLength,
  checkRange,
  checkStorable,
  checkTables,
  checkVectors,
  noCodes,
  rowAbsent,
  rowNotLive,
} from './check.js';
import type {
  CodedVectors,
  CodeTables,
  GraphOptions,
  GraphVectors,
  LinkProgress,
  RowBits,
  ScanResult,
} from './core.js';
import { checkSlots } from './dense-rows.js';
import { parseGraph } from './graph-format.js';
import { SAMPLE_ROWS } from './quantizer.js';
import { countBits, forEachBit, hasBit } from './row-bits.js';
import { SlotTable } from './slot-table.js';
import { fitCodes, sampleVectors, useCodeTables, type GraphMemory } from './wasm-codes.js';
import type { WasmExports } from './wasm-exports.js';
import { forEachRestored, NONE, writeGraph, type LinkedSlots } from './wasm-graph-bytes.js';
import { emptyResult, resultBytes, SPACE_CODES, WasmInstance } from './wasm-instance.js';

/** What `graphInit` takes for "quantized, and the vectors are not kept". */
const CODES_ONLY = 2;

/** Fewer than 2³¹, as keys hold a slot and a flag. */
const MAX_SLOTS = 2 ** 27;

/** Above this share of removed rows in the graph they are taken out: searches pass through each of them. */
const MAX_DEAD_SHARE = 0.3;

/** Codes are fitted anew when there are four times as many rows as last time, until so many have been seen. */
const REFIT_FACTOR = 4;
const REFIT_UNTIL_ROWS = 10_000;

/**
 * Candidates measured over f32 after a traversal over codes: the order of the codes alone loses 0.01 of recall@10 at 0.95, of 15 and
 * more measured nothing (20,000 × 384); each costs as much as eight distances between codes.
 */
const remeasuredFor = (k: number): number => Math.ceil(1.5 * k) + 5;

/** By how much room for slots grows: what is not used of a large index is many bytes, and moving it takes 0.2 ms per MB. */
const growthOf = (slots: number): number => (slots < 65_536 ? 1.5 : slots < 262_144 ? 1.25 : 1.0625);

export interface WasmGraphOptions extends GraphOptions {
  /** A new instance, used by nobody else. */
  exports: WasmExports;
  squaredNorms: (matrix: Matrix) => Float32Array;
}

export class WasmGraphVectors implements GraphVectors {
  readonly space: Space;
  readonly dimensions: number;
  #options: WasmGraphOptions;
  room: number;
  readonly #instance: WasmInstance;
  readonly #table = new SlotTable();
  /** Slots below this exist. */
  #slots = 0;
  #capacity = 0;
  #blockCapacity = 0;
  /** Slots that hold nothing. */
  #free: number[] = [];
  /** Slots of removed rows that the graph still passes through, and those that the running sweep takes out. */
  #dead: number[] = [];
  #condemned: number[] = [];
  #tables: CodeTables | null = null;
  /** Rows stored by codes in an index that keeps vectors. */
  readonly #absent = new AbsentRows();
  /** Counts up whenever a list of links may have changed. */
  #linkChanges = 0;

  constructor(options: WasmGraphOptions) {
    const { space, dimensions, exports, quantized, maxNeighbors, efConstruction, seed } = options;
    this.space = space;
    this.dimensions = dimensions;
    this.#options = options;
    this.room = maxNeighbors;
    this.#instance = new WasmInstance(exports);
    const { codesFrom: sample } = options;
    const mode = sample ? CODES_ONLY : quantized ? 1 : 0;
    exports.graphInit(dimensions, SPACE_CODES[space], mode, maxNeighbors, efConstruction, seed);
    exports.graphUseCodes(0);
    this.#makeRoom(exports, 0, 0);
    if (!sample) return;
    if ('codeFactors' in sample) this.#use(exports, sample);
    else
      this.#tables = fitCodes(
        this.#memory(exports),
        sample.data.slice(0, SAMPLE_ROWS * dimensions),
        sample.rows,
      );
  }

  get size(): number {
    return this.#instance.isOpen ? this.#table.size : 0;
  }

  get bytes(): number {
    return this.#instance.bytes;
  }

  get linked(): number {
    return this.size === 0 ? 0 : this.#instance.run('Counting', (exports) => exports.graphLinked());
  }

  set(rows: Uint32Array, matrix: Matrix): void {
    this.#instance.run('Storing vectors', (exports) => {
      checkVectors(rows, matrix, this.dimensions);
      const norms = this.#options.squaredNorms(matrix);
      checkStorable(norms, rows, matrix);
      this.#makeRoom(exports, this.#slotsNeeded(exports, rows), 0);
      const { f32 } = this.#instance.views;
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        const slot = this.#slotFor(exports, row);
        const vector = matrix.data.subarray(i * this.dimensions, (i + 1) * this.dimensions);
        f32.set(vector, exports.graphVectorAt(slot) >>> 2);
        exports.graphStore(slot, row, norms[i]!);
        this.#table.set(row, slot);
        this.#absent.delete(row);
      }
    });
  }

  get codeTables(): CodeTables | null {
    return this.#tables;
  }

  get absent(): number {
    return this.#absent.size;
  }

  isAbsent(row: Row): boolean {
    return this.#absent.has(row);
  }

  absentRows(allow?: RowBits): Uint32Array<ArrayBuffer> {
    return this.#absent.list(allow);
  }

  useTables(tables: CodeTables): void {
    this.#instance.run('Taking over codes', (exports) => {
      checkTables(tables, this.#options);
      if (this.#slots > 0) throw noCodes();
      this.#use(exports, tables);
    });
  }

  readCodes(rows: Uint32Array): CodedVectors {
    return this.#instance.run('Reading codes', (exports) => {
      if (this.#tables === null) throw noCodes();
      const { dimensions } = this;
      const { buffer } = this.#instance.views.f32;
      const codes = new Uint8Array(rows.length * dimensions);
      const inverseLengths = new Float32Array(rows.length);
      for (let i = 0; i < rows.length; i++) {
        const slot = this.#table.slotOf(rows[i]!);
        if (slot < 0) throw rowNotLive(rows[i]!);
        const at = exports.graphCodeAt(slot) >>> 0;
        codes.set(new Uint8Array(buffer, at, dimensions), i * dimensions);
        inverseLengths[i] = this.#instance.views.f32[exports.graphInverseAt(slot) >>> 2]!;
      }
      return { rows: rows.length, dimensions, codes, inverseLengths };
    });
  }

  setCodes(rows: Uint32Array, coded: CodedVectors): void {
    this.#instance.run('Storing codes', (exports) => {
      const { dimensions } = this;
      checkCoded(rows, coded, dimensions);
      if (this.#tables === null || rows.some((row) => this.#table.slotOf(row) >= 0)) throw noCodes();
      this.#makeRoom(exports, this.#slotsNeeded(exports, rows), 0);
      const { f32 } = this.#instance.views;
      const bytes = new Uint8Array(f32.buffer);
      const padded = Math.ceil(dimensions / 16) * 16;
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        const slot = this.#slotFor(exports, row);
        exports.graphBeginSlot(slot);
        const at = exports.graphCodeAt(slot) >>> 0;
        bytes.set(coded.codes.subarray(i * dimensions, (i + 1) * dimensions), at);
        // A code of 64 stands for 0.
        bytes.fill(64, at + dimensions, at + padded);
        f32[exports.graphInverseAt(slot) >>> 2] = coded.inverseLengths[i]!;
        exports.graphStoreCode(slot, row);
        this.#table.set(row, slot);
        if (!this.#options.codesFrom) this.#absent.add(row);
      }
    });
  }

  fill(rows: Uint32Array, matrix: Matrix): void {
    this.#instance.run('Filling in vectors', (exports) => {
      const { dimensions } = this;
      checkVectors(rows, matrix, dimensions);
      checkStorable(this.#options.squaredNorms(matrix), rows, matrix);
      const { f32 } = this.#instance.views;
      const padded = Math.ceil(dimensions / 16) * 16;
      for (let i = 0; i < rows.length; i++) {
        if (!this.#absent.has(rows[i]!)) continue;
        const at = exports.graphVectorAt(this.#table.slotOf(rows[i]!)) >>> 2;
        f32.set(matrix.data.subarray(i * dimensions, (i + 1) * dimensions), at);
        f32.fill(0, at + dimensions, at + padded);
        this.#absent.delete(rows[i]!);
      }
    });
  }

  missing(
    query: Float32Array,
    k: number,
    options: { ef: number; allow?: RowBits },
  ): Uint32Array<ArrayBuffer> {
    if (this.absent === 0) return new Uint32Array(0);
    return this.#instance.run('Searching the graph', (exports) => {
      const rows = new Set<Row>();
      for (const row of this.#absent.list(options.allow)) {
        if (exports.graphIsLinked(this.#table.slotOf(row)) === 0) rows.add(row);
      }
      // The same walk as that of the search: what it would measure is left at the head of the pool (keys: wasm/pool.ts).
      const walk = this.#walk(exports, query, k, options, true);
      if (walk !== null) {
        const found = this.#instance.readResult(walk.out).rows.length;
        for (let i = 0; i < found; i++) {
          const slot = this.#instance.views.u32[(walk.pool >>> 2) + 2 * i]! >>> 1;
          const row = exports.graphRow(slot) >>> 0;
          if (this.#absent.has(row)) rows.add(row);
        }
      }
      return Uint32Array.from(rows).sort();
    });
  }

  #use(exports: WasmExports, tables: CodeTables): void {
    useCodeTables(this.#memory(exports), tables);
    this.#tables = tables;
  }

  reserve(count: number): void {
    this.#instance.run('Reserving memory', (exports) => {
      this.#makeRoom(exports, Math.max(0, count - this.#free.length), 0);
    });
  }

  remove(rows: Uint32Array): void {
    this.#instance.run('Removing vectors', (exports) => {
      for (const row of rows) {
        const slot = this.#table.slotOf(row);
        if (slot < 0) continue;
        this.#table.delete(row);
        this.#absent.delete(row);
        this.#leave(exports, slot);
      }
      if (this.size === 0) this.#clear(exports);
    });
  }

  read(rows: Uint32Array): Matrix {
    return this.#instance.run('Reading vectors', (exports) => {
      const { dimensions } = this;
      const { f32 } = this.#instance.views;
      const matrix = allocateMatrix(rows.length, dimensions);
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        const slot = this.#table.slotOf(row);
        if (slot < 0) throw rowNotLive(row);
        if (this.#absent.has(row)) throw rowAbsent(row);
        if (this.#options.codesFrom) exports.graphDecode(slot);
        const at = exports.graphVectorAt(slot) >>> 2;
        matrix.data.set(f32.subarray(at, at + dimensions), i * dimensions);
      }
      return matrix;
    });
  }

  search(query: Float32Array, k: number, allow?: RowBits): ScanResult {
    return this.#instance.run('Searching vectors', (exports) => {
      const limit = this.#prepare(exports, query, k);
      if (limit === 0) return emptyResult();
      const [absent] = this.#absent.list(allow);
      if (absent !== undefined) throw rowAbsent(absent);
      const { size, rowEnd } = this.#table;
      if (allow && countBits(allow) < size / 2) return this.#searchListed(exports, limit, allow);
      const words = allow ? Math.min(allow.length, Math.ceil(rowEnd / 32)) : 0;
      this.#makeRoom(exports, 0, resultBytes(limit) + words * 4);
      const out = exports.graphScratchAt() >>> 0;
      const allowAt = out + resultBytes(limit);
      if (allow) this.#instance.views.u32.set(allow.subarray(0, words), allowAt >>> 2);
      exports.graphScan(limit, out, allow ? allowAt : 0, words);
      return this.#instance.readResult(out);
    });
  }

  searchGraph(query: Float32Array, k: number, options: { ef: number; allow?: RowBits }): ScanResult {
    return this.#instance.run('Searching the graph', (exports) => {
      const walk = this.#walk(exports, query, k, options, false);
      return walk === null ? emptyResult() : this.#instance.readResult(walk.out);
    });
  }

  /** Addresses of what was found, and of the pool it was found in; null: nothing can be. `byCodes`: nothing is measured anew, none left out. */
  #walk(
    exports: WasmExports,
    query: Float32Array,
    k: number,
    { ef, allow }: { ef: number; allow?: RowBits },
    byCodes: boolean,
  ): { out: number; pool: number } | null {
    const limit = this.#prepare(exports, query, k);
    checkRange('ef', ef, 1, MAX_SLOTS);
    if (limit === 0) return null;
    const width = Math.min(Math.max(ef, limit), this.#slots);
    const words = allow ? Math.min(allow.length, Math.ceil(this.#table.rowEnd / 32)) : 0;
    const dead = exports.graphDead();
    const heapBytes = allow || dead > 0 ? this.#slots * 8 : 0;
    const allowBytes = (words + (words & 1)) * 4;
    const { quantized, codesFrom } = this.#options;
    const remeasured = quantized && !codesFrom ? Math.min(width, remeasuredFor(limit)) : limit;
    const count = byCodes ? remeasured : limit;
    this.#makeRoom(exports, 0, resultBytes(count) + allowBytes + (width + 2) * 8 + heapBytes);
    const out = exports.graphScratchAt() >>> 0;
    const allowAt = out + resultBytes(count);
    if (allow) this.#instance.views.u32.set(allow.subarray(0, words), allowAt >>> 2);
    const pool = allowAt + allowBytes;
    exports.graphUseCodes(byCodes ? 1 : 0);
    exports.graphSearch(count, width, remeasured, out, allow ? allowAt : 0, words, dead, pool);
    exports.graphUseCodes(0);
    return { out, pool };
  }

  link(budget: number): LinkProgress {
    return this.#instance.run('Linking vectors', (exports) => {
      if (this.size === 0) return { done: true, distances: 0 };
      const coded = this.#fit(exports);
      // Every call comes closer to the end.
      const left = Math.max(1, budget - coded);
      this.#makeRoom(exports, 0, this.#linkScratchBytes());
      const scratch = exports.graphScratchAt() >>> 0;
      const linked = exports.graphLinked();
      let distances = this.#sweep(exports, left, scratch);
      if (distances < left) distances += exports.graphLink(left - distances, scratch) >>> 0;
      if (distances > 0 || exports.graphLinked() !== linked) this.#linkChanges++;
      const done = exports.graphIsSweeping() === 0 && exports.graphLinked() === this.size;
      return { done, distances: coded + distances };
    });
  }

  tune({ maxNeighbors, efConstruction }: Pick<GraphOptions, 'maxNeighbors' | 'efConstruction'>): void {
    this.#instance.run('Changing the limits of the graph', (exports) => {
      checkLimits({ maxNeighbors, efConstruction });
      const room = Math.max(this.room, maxNeighbors);
      exports.graphTune(room, maxNeighbors, efConstruction);
      try {
        this.#instance.grow(exports.graphPages(this.#capacity, this.#blockCapacity, 0) >>> 0);
      } catch (error) {
        exports.graphTune(this.room, this.#options.maxNeighbors, this.#options.efConstruction);
        throw error;
      }
      if (room > this.room) {
        exports.graphGrow(this.#capacity, this.#blockCapacity);
        this.#linkChanges++;
      }
      this.room = room;
      this.#options = { ...this.#options, maxNeighbors, efConstruction };
    });
  }

  renumber(): void {
    this.#instance.run('Renumbering the graph', (exports) => {
      if (exports.graphIsSweeping() !== 0 || exports.graphLinked() === 0) return;
      const { dimensions } = this;
      const spare = Math.max(4 * Math.ceil(dimensions / 16) * 16, 8 * this.room);
      this.#makeRoom(exports, 0, 12 * this.#slots + spare);
      const scratch = exports.graphScratchAt() >>> 0;
      exports.graphRenumber(scratch);
      const places = this.#instance.views.u32.subarray(scratch >>> 2, (scratch >>> 2) + this.#slots);
      this.#table.renumber(places);
      this.#free = this.#free.map((slot) => places[slot]!);
      this.#dead = this.#dead.map((slot) => places[slot]!);
      this.#linkChanges++;
    });
  }

  *serialize(): Generator<void, Uint8Array<ArrayBuffer>[] | null> {
    const changes = this.#linkChanges;
    const write = this.#instance.run('Serializing the graph', (exports) =>
      writeGraph(this.#linkedSlots(exports), {
        room: 2 * this.room,
        isSame: () => this.#linkChanges === changes,
      }),
    );
    for (;;) {
      const step = this.#instance.run('Serializing the graph', () => write.next());
      if (step.done) return step.value;
      yield;
    }
  }

  restore(bytes: Uint8Array, leaveOut?: RowBits): void {
    this.#instance.run('Restoring the graph', (exports) => {
      const graph = parseGraph(bytes, this.room);
      if (exports.graphLinked() + exports.graphDead() > 0) {
        throw kindexError('VALUE_ARGUMENT', `${exports.graphLinked()} rows are linked already.`, {
          fix: 'Restore a graph before the first call of `link`.',
          details: { linked: exports.graphLinked() },
        });
      }
      const slotOf = Int32Array.from(graph.rows, (row) =>
        leaveOut && hasBit(leaveOut, row) ? -1 : this.#table.slotOf(row),
      );
      const levels = Uint8Array.from({ length: this.#slots }, (_, slot) => exports.graphLevelOf(slot));
      slotOf.forEach((slot, node) => {
        if (slot >= 0) levels[slot] = graph.levels[node]!;
      });
      const blocks = levels.reduce((a, b) => a + b, 0);
      this.#ensure(exports, this.#capacity, Math.max(this.#blockCapacity, blocks), 4 * this.#slots);
      levels.forEach((level, slot) => exports.graphRelevel(slot, level));
      const { u32 } = this.#instance.views;
      forEachRestored(graph, slotOf, (slot, level, links, count) => {
        const at = exports.graphLinksAt(slot, level) >>> 2;
        for (let i = 0; i < count; i++) u32[at + i] = links[i]!;
      });
      for (const slot of slotOf) if (slot >= 0) exports.graphRestore(slot);
      exports.graphEndRestore(exports.graphScratchAt());
      this.#linkChanges++;
      this.#fit(exports);
    });
  }

  dispose(): void {
    this.#instance.dispose();
    this.#table.clear();
    this.#absent.clear();
  }

  /** Checks and measures a query; returns how many results there can be. */
  #prepare(exports: WasmExports, query: Float32Array, k: number): number {
    checkQueryLength(query, this.dimensions);
    checkK(k);
    this.#instance.views.f32.set(query, exports.graphQueryAt() >>> 2);
    checkQueryFinite(exports.graphPrepareQuery(), query);
    return Math.min(k, this.size);
  }

  /** Measures just the rows allowed: better than asking every row when they are few. */
  #searchListed(exports: WasmExports, k: number, allow: RowBits): ScanResult {
    const list: number[] = [];
    forEachBit(allow, (row) => {
      const slot = this.#table.slotOf(row);
      if (slot >= 0) list.push(slot);
    });
    const limit = Math.min(k, list.length);
    if (limit === 0) return emptyResult();
    this.#makeRoom(exports, 0, resultBytes(limit) + list.length * 4);
    const out = exports.graphScratchAt() >>> 0;
    const listAt = out + resultBytes(limit);
    this.#instance.views.u32.set(list, listAt >>> 2);
    exports.graphScanSlots(limit, out, listAt, list.length);
    return this.#instance.readResult(out);
  }

  /** Slots that storing `rows` takes beyond the free ones; too many where a row is named twice. */
  #slotsNeeded(exports: WasmExports, rows: Uint32Array): number {
    let count = -this.#free.length;
    for (const row of rows) {
      const slot = this.#table.slotOf(row);
      if (slot < 0 || exports.graphIsLinked(slot) !== 0) count++;
    }
    return Math.max(0, count);
  }

  /** Where to store `row`: over its old vector while that is not linked. */
  #slotFor(exports: WasmExports, row: Row): number {
    const slot = this.#table.slotOf(row);
    if (slot >= 0) {
      if (exports.graphIsLinked(slot) === 0) return slot;
      this.#leave(exports, slot);
    }
    return this.#free.pop() ?? this.#slots++;
  }

  #leave(exports: WasmExports, slot: number): void {
    (exports.graphRemove(slot) === 1 ? this.#free : this.#dead).push(slot);
  }

  #clear(exports: WasmExports): void {
    exports.graphClear();
    this.#linkChanges++;
    this.#slots = 0;
    this.#free = [];
    this.#dead = [];
    this.#condemned = [];
    // Whatever comes next may be of another kind; codes alone have nothing else to be fitted to.
    if (!this.#options.codesFrom) this.#tables = null;
  }

  /** Makes room for `more` new slots and so much scratch; slots by half of what there is, so that few calls move memory. */
  #makeRoom(exports: WasmExports, more: number, scratchBytes: number): void {
    const needed = this.#slots + more;
    checkSlots(needed, MAX_SLOTS);
    if (needed <= this.#capacity && this.#capacity > 0) {
      // Restored levels are others than those the room was made for.
      const fits = exports.graphBlocks(needed) >>> 0 <= this.#blockCapacity;
      const blocks = fits ? this.#blockCapacity : exports.graphBlocks(this.#capacity) >>> 0;
      this.#ensure(exports, this.#capacity, blocks, scratchBytes);
      return;
    }
    const generous = Math.max(needed, Math.floor(this.#capacity * growthOf(this.#capacity)));
    try {
      this.#ensureSlots(exports, generous, scratchBytes);
    } catch (error) {
      if (generous === needed) throw error;
      this.#ensureSlots(exports, needed, scratchBytes);
    }
  }

  #ensureSlots(exports: WasmExports, slots: number, scratchBytes: number): void {
    const capacity = Math.max(64, Math.ceil(slots / 64) * 64);
    const blocks = Math.max(this.#blockCapacity, exports.graphBlocks(capacity) >>> 0);
    this.#ensure(exports, capacity, blocks, scratchBytes);
  }

  #ensure(exports: WasmExports, capacity: number, blocks: number, scratchBytes: number): void {
    this.#instance.grow(exports.graphPages(capacity, blocks, scratchBytes) >>> 0);
    if (capacity === this.#capacity && blocks === this.#blockCapacity) return;
    exports.graphGrow(capacity, blocks);
    this.#capacity = capacity;
    this.#blockCapacity = blocks;
  }

  /** A pool of candidates and a heap of all slots. */
  #linkScratchBytes(): number {
    return 8 * (Math.max(this.#options.efConstruction, 2 * this.room) + 2 + this.#slots);
  }

  /** Takes dead slots out of the graph once they are many; returns the distances computed, and one for each slot that is free now. */
  #sweep(exports: WasmExports, budget: number, scratch: number): number {
    if (exports.graphIsSweeping() === 0) {
      const dead = exports.graphDead();
      if (dead <= MAX_DEAD_SHARE * (dead + exports.graphLinked())) return 0;
      exports.graphBeginSweep();
      this.#condemned = this.#dead;
      this.#dead = [];
    }
    const distances = exports.graphSweep(budget, scratch) >>> 0;
    if (exports.graphIsSweeping() !== 0) return distances;
    const freed = this.#condemned;
    for (const slot of freed) this.#free.push(slot);
    this.#condemned = [];
    return distances + freed.length;
  }

  /** Fits the codes to the rows there are, when there are many more than last time; returns how many were coded anew. */
  #fit(exports: WasmExports): number {
    const { size } = this;
    if (!this.#options.quantized || this.#options.codesFrom || size === 0) return 0;
    const fittedTo = this.#tables?.fittedTo ?? 0;
    if (fittedTo > 0 && (fittedTo >= REFIT_UNTIL_ROWS || size < REFIT_FACTOR * fittedTo)) return 0;
    // Codes are made of vectors that are there.
    if (this.#tables !== null && this.absent > 0) return 0;
    const memory = this.#memory(exports);
    const sample = sampleVectors(memory, {
      slots: this.#slots,
      isLive: (slot) => this.#table.slotOf(exports.graphRow(slot) >>> 0) === slot,
    });
    this.#tables = fitCodes(memory, sample, size);
    return size;
  }

  #memory(exports: WasmExports): GraphMemory {
    const { space, dimensions } = this;
    return { exports, views: this.#instance.views, space, dimensions };
  }

  #linkedSlots(exports: WasmExports): LinkedSlots {
    return {
      slots: this.#slots,
      linkedRow: (slot) => {
        if (exports.graphIsLinked(slot) === 0) return -1;
        const row = exports.graphRow(slot) >>> 0;
        return this.#table.slotOf(row) === slot ? row : -1;
      },
      levelOf: (slot) => exports.graphLevelOf(slot),
      linksOf: (slot, level) => {
        const room = level === 0 ? 2 * this.room : this.room;
        const at = exports.graphLinksAt(slot, level) >>> 2;
        const links = this.#instance.views.u32.subarray(at, at + room);
        const end = links.indexOf(NONE);
        return end < 0 ? links : links.subarray(0, end);
      },
    };
  }
}
