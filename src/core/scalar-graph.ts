/**
 * Vectors and a graph over them in plain TypeScript: the definition of what wasm/graph-*.ts does, for small collections.
 * Malkov & Yashunin, arXiv 1603.09320, in f32 throughout. Removed rows are unlinked at once and their neighbors linked anew.
 */
import type { Matrix, Row } from '../base/types.js';
import { kindexError } from '../base/errors.js';
import { AbsentRows } from './absent-rows.js';
import {
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
import { encodeGraph, MAX_LEVEL, parseGraph } from './graph-format.js';
import { fitQuantizer, SAMPLE_ROWS, toUnitLength } from './quantizer.js';
import { hasBit } from './row-bits.js';
import { decodeVectors, encodeVectors } from './scalar-codes.js';
import { dot, ScalarFlatVectors, squaredNorms } from './scalar-flat.js';
import { findKeeper, reachedFrom } from './scalar-reach.js';

interface Node {
  row: Row;
  vector: Float32Array;
  /** Neighbors per level, 0 first. */
  links: Node[][];
  keeper: Node | null;
}

interface CodedRow {
  codes: Uint8Array;
  inverseLength: number;
}

interface Candidate {
  node: Node;
  distance: number;
}

export class ScalarGraphVectors extends ScalarFlatVectors implements GraphVectors {
  #options: GraphOptions;
  room: number;
  readonly #nodes = new Map<Row, Node>();
  #waiting: Row[] = [];
  #entry: Node | null = null;
  /** Levels drawn so far: each draw follows from the seed and its number. */
  #draws = 0;
  #work = 0;
  /** Nodes were taken out, or came otherwise than by being linked. */
  #isTorn = false;
  #tables: CodeTables | null = null;
  readonly #absent = new AbsentRows();
  /** Of rows that are kept, or came, as codes: what they stand for would give others, were it coded again. */
  readonly #coded = new Map<Row, CodedRow>();

  constructor(options: GraphOptions) {
    super(options.space, options.dimensions);
    this.#options = options;
    this.room = options.maxNeighbors;
    const { codesFrom: sample } = options;
    if (!sample) return;
    this.#tables = 'codeFactors' in sample ? sample : this.#fitted(sample.data, sample.rows);
  }

  get linked(): number {
    return this.#nodes.size;
  }

  override set(rows: Uint32Array, matrix: Matrix): void {
    super.set(rows, matrix);
    const tables = this.#tables;
    const coded = this.#options.codesFrom && tables ? encodeVectors(matrix, this.space, tables) : null;
    if (coded) super.set(rows, decodeVectors(coded, this.space, tables!));
    rows.forEach((row, i) => {
      this.#absent.delete(row);
      if (coded) this.#coded.set(row, codedRow(coded, i));
      else this.#coded.delete(row);
      this.#unlink(row);
      this.#waiting.push(row);
    });
    this.#unlinkUnreached();
  }

  override remove(rows: Uint32Array): void {
    super.remove(rows);
    for (const row of rows) {
      this.#absent.delete(row);
      this.#coded.delete(row);
      this.#unlink(row);
    }
    this.#unlinkUnreached();
    if (this.size === 0 && !this.#options.codesFrom) this.#tables = null;
  }

  override read(rows: Uint32Array): Matrix {
    const absent = rows.find((row) => this.#absent.has(row));
    if (absent !== undefined) throw rowAbsent(absent);
    return super.read(rows);
  }

  override search(query: Float32Array, k: number, allow?: RowBits): ScanResult {
    const [absent] = this.#absent.list(allow);
    if (absent !== undefined && k > 0) throw rowAbsent(absent);
    return super.search(query, k, allow);
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
    this.checkOpen();
    checkTables(tables, this.#options);
    if (this.size > 0) throw noCodes();
    this.#tables = tables;
  }

  readCodes(rows: Uint32Array): CodedVectors {
    this.checkOpen();
    if (this.#tables === null) throw noCodes();
    const { dimensions } = this;
    const data = new Float32Array(rows.length * dimensions);
    rows.forEach((row, i) => {
      const vector = this.vectorOf(row);
      if (!vector) throw rowNotLive(row);
      data.set(vector, i * dimensions);
    });
    const coded = encodeVectors({ data, rows: rows.length, dimensions }, this.space, this.#tables);
    rows.forEach((row, i) => {
      const own = this.#coded.get(row);
      if (!own) return;
      coded.codes.set(own.codes, i * dimensions);
      coded.inverseLengths[i] = own.inverseLength;
    });
    return coded;
  }

  setCodes(rows: Uint32Array, coded: CodedVectors): void {
    this.checkOpen();
    checkCoded(rows, coded, this.dimensions);
    if (this.#tables === null || rows.some((row) => this.vectorOf(row) !== undefined)) throw noCodes();
    super.set(rows, decodeVectors(coded, this.space, this.#tables));
    rows.forEach((row, i) => {
      if (!this.#options.codesFrom) this.#absent.add(row);
      this.#coded.set(row, codedRow(coded, i));
      this.#waiting.push(row);
    });
  }

  fill(rows: Uint32Array, matrix: Matrix): void {
    this.checkOpen();
    const { dimensions } = this;
    checkVectors(rows, matrix, dimensions);
    checkStorable(squaredNorms(matrix), rows, matrix);
    rows.forEach((row, i) => {
      if (!this.#absent.has(row)) return;
      const data = matrix.data.slice(i * dimensions, (i + 1) * dimensions);
      super.set(Uint32Array.of(row), { data, rows: 1, dimensions });
      this.#absent.delete(row);
      const node = this.#nodes.get(row);
      if (node) node.vector = this.vectorOf(row)!;
    });
  }

  /** Here everything is measured over vectors, the traversal too. */
  missing(query: Float32Array, k: number, { ef }: { ef: number; allow?: RowBits }): Uint32Array<ArrayBuffer> {
    this.#checkQuery(query, k, ef);
    return k === 0 ? new Uint32Array(0) : this.#absent.list();
  }

  #fitted(data: Float32Array, rows: number): CodeTables {
    const { dimensions } = this;
    const sample = data.slice(0, SAMPLE_ROWS * dimensions);
    if (this.space === 'cosine') toUnitLength(sample, dimensions);
    return { ...fitQuantizer(sample, dimensions), fittedTo: rows };
  }

  /** Once, as long as there are rows: the order of distances does not depend on it here. */
  #fit(): void {
    if (!this.#options.quantized || this.#tables !== null || this.size === 0) return;
    const rows = Uint32Array.from(this.rowsInOrder());
    // Spread over all.
    const stride = Math.ceil(rows.length / SAMPLE_ROWS);
    const sample = rows.filter((_, i) => i % stride === 0);
    this.#tables = this.#fitted(super.read(sample).data, rows.length);
  }

  #checkQuery(query: Float32Array, k: number, ef: number): void {
    this.checkOpen();
    checkQueryLength(query, this.dimensions);
    checkK(k);
    checkRange('ef', ef, 1, 2 ** 27);
    checkQueryFinite(Math.fround(dot(query, query)), query);
  }

  override dispose(): void {
    super.dispose();
    this.#nodes.clear();
    this.#waiting = [];
    this.#entry = null;
  }

  link(budget: number): LinkProgress {
    this.checkOpen();
    this.#fit();
    this.#work = 0;
    while (this.#waiting.length > 0 && this.#work < budget) {
      const row = this.#waiting.shift()!;
      const vector = this.vectorOf(row);
      if (vector && !this.#nodes.has(row))
        this.#link({ row, vector, links: this.#drawLists(), keeper: null });
    }
    return { done: this.#waiting.length === 0, distances: this.#work };
  }

  /** There is no memory to arrange. */
  renumber(): void {
    this.checkOpen();
  }

  tune({ maxNeighbors, efConstruction }: Pick<GraphOptions, 'maxNeighbors' | 'efConstruction'>): void {
    this.checkOpen();
    checkLimits({ maxNeighbors, efConstruction });
    this.#options = { ...this.#options, maxNeighbors, efConstruction };
    this.room = Math.max(this.room, maxNeighbors);
  }

  searchGraph(query: Float32Array, k: number, { ef, allow }: { ef: number; allow?: RowBits }): ScanResult {
    this.#checkQuery(query, k, ef);
    this.#work = 0;
    const found: Candidate[] = [];
    const passes = ({ row }: Node): boolean => !allow || hasBit(allow, row);
    if (this.#entry && k > 0) {
      const from = this.#descend(query, 0);
      found.push(...this.#searchLevel(query, from, 0, Math.max(ef, k), passes));
    }
    const waiting = new Set(
      this.#waiting.filter((row) => !this.#nodes.has(row) && (!allow || hasBit(allow, row))),
    );
    for (const row of k > 0 ? waiting : []) {
      const vector = this.vectorOf(row);
      if (vector) found.push(this.#measure(query, { row, vector, links: [], keeper: null }));
    }
    const nearest = found.toSorted(byDistance).slice(0, k);
    return {
      rows: Uint32Array.from(nearest, ({ node }) => node.row),
      distances: Float32Array.from(nearest, ({ distance }) => distance),
      visited: this.#work,
    };
  }

  *serialize(): Generator<void, Uint8Array<ArrayBuffer>[]> {
    this.checkOpen();
    const nodes = [...this.#nodes.values()];
    const numberOf = new Map(nodes.map((node, i) => [node, i]));
    const lists = nodes.flatMap(({ links }) => links);
    const bytes = encodeGraph({
      rows: Uint32Array.from(nodes, ({ row }) => row),
      levels: Uint8Array.from(nodes, ({ links }) => links.length - 1),
      counts: Uint16Array.from(lists, (list) => list.length),
      links: Uint32Array.from(lists.flat(), (node) => numberOf.get(node)!),
    });
    // What it pauses for may change everything: the bytes are of before.
    yield;
    return [bytes];
  }

  restore(bytes: Uint8Array, leaveOut?: RowBits): void {
    this.checkOpen();
    const graph = parseGraph(bytes, this.room);
    this.#fit();
    if (this.#nodes.size > 0) {
      throw kindexError('VALUE_ARGUMENT', `${this.#nodes.size} rows are linked already.`, {
        fix: 'Restore a graph before the first call of `link`.',
        details: { linked: this.#nodes.size },
      });
    }
    const nodes = Array.from(graph.rows, (row): Node | null => {
      const vector = leaveOut && hasBit(leaveOut, row) ? null : this.vectorOf(row);
      return vector ? { row, vector, links: [], keeper: null } : null;
    });
    let list = 0;
    let link = 0;
    const lists = Array.from(graph.levels, (highest) =>
      Array.from({ length: highest + 1 }, () => graph.links.subarray(link, (link += graph.counts[list++]!))),
    );
    nodes.forEach((node, i) => {
      if (node === null) return;
      lists[i]!.forEach((own, level) => {
        const neighbors = new Set([...own].flatMap((to) => nodes[to] ?? []));
        // The first neighbor of one that is left out takes its place.
        for (const to of own) {
          if (nodes[to]) continue;
          const beyond = [...lists[to]![level]!].find((at) => {
            const other = nodes[at] ?? null;
            return other !== null && at !== i && !neighbors.has(other);
          });
          if (beyond !== undefined) neighbors.add(nodes[beyond]!);
        }
        node.links.push([...neighbors]);
      });
      this.#enter(node);
    });
    this.#waiting = this.#waiting.filter((row) => !this.#nodes.has(row));
    this.#isTorn = true;
    this.#unlinkUnreached();
  }

  /** Empty lists for a node of a drawn level: at least l with probability maxNeighbors⁻ˡ. */
  #drawLists(): Node[][] {
    const { maxNeighbors, seed } = this.#options;
    const uniform = (mix(mix(++this.#draws) ^ seed) + 1) / 2 ** 32;
    const level = Math.min(MAX_LEVEL, Math.floor(-Math.log(uniform) / Math.log(maxNeighbors)));
    return Array.from({ length: level + 1 }, () => []);
  }

  #enter(node: Node): void {
    this.#nodes.set(node.row, node);
    if (!this.#entry || node.links.length > this.#entry.links.length) this.#entry = node;
  }

  #link(node: Node): void {
    const { maxNeighbors, efConstruction } = this.#options;
    if (this.#entry) {
      let from = this.#descend(node.vector, node.links.length - 1);
      for (let level = Math.min(node.links.length, this.#entry.links.length) - 1; level >= 0; level--) {
        const found = this.#searchLevel(node.vector, from, level, efConstruction, () => true);
        node.links[level] = this.#choose(found, maxNeighbors);
        if (level === 0) this.#keep(node, found);
        for (const neighbor of node.links[level]!) this.#addLink(neighbor, node, level);
        from = found[0] ?? from;
      }
    }
    this.#enter(node);
  }

  #addLink(node: Node, to: Node, level: number): void {
    const list = node.links[level]!;
    if (list.includes(to)) return;
    list.push(to);
    const room = this.#room(level);
    if (list.length <= room) return;
    const isKept = (other: Node): boolean => level === 0 && (other.keeper === node || node.keeper === other);
    const candidates = list.map((neighbor) => this.#measure(node.vector, neighbor)).toSorted(byDistance);
    const kept = candidates.filter((one) => isKept(one.node)).slice(0, room);
    const others = candidates.filter((one) => !kept.includes(one));
    node.links[level] = this.#choose(others, room, kept);
  }

  /** Finds a keeper, which comes to the chosen neighbors unless it is among them. */
  #keep(node: Node, found: readonly Candidate[]): void {
    const list = node.links[0]!;
    const candidates = [...list, ...found.map((one) => one.node)];
    node.keeper = findKeeper(candidates, { most: Math.max(2, this.room >> 1), turn: this.#draws });
    if (node.keeper !== null && !list.includes(node.keeper)) list.push(node.keeper);
  }

  /** What cannot be come to waits for being linked again. The others get keepers anew. */
  #unlinkUnreached(): void {
    if (!this.#isTorn || !this.#entry) return;
    this.#isTorn = false;
    const reached = reachedFrom(this.#entry, this.#room(0));
    if (reached.size === this.#nodes.size) return;
    for (const [row, node] of this.#nodes) {
      if (reached.has(node)) {
        node.links = node.links.map((list) => list.filter((to) => reached.has(to)));
      } else {
        this.#nodes.delete(row);
        this.#waiting.push(row);
      }
    }
  }

  #room(level: number): number {
    return level === 0 ? 2 * this.room : this.room;
  }

  /**
   * To `kept` come candidates, nearest first, that are each nearer to the origin than to all chosen before; of copies of one another
   * only the first.
   */
  #choose(candidates: Candidate[], limit: number, kept: readonly Candidate[] = []): Node[] {
    const chosen = kept.map((one) => one.node);
    let former: Candidate | null = null;
    for (const candidate of candidates) {
      const { node, distance } = candidate;
      if (chosen.length === limit) break;
      // Copies lie equally far away, so one comes after the other.
      if (former?.distance === distance && isCopy(former.node, node)) continue;
      former = candidate;
      if (chosen.every((other) => this.#measure(node.vector, other).distance >= distance)) chosen.push(node);
    }
    return chosen;
  }

  /** Takes a row out; whoever linked to it chooses among what is left and its neighbors. */
  #unlink(row: Row): void {
    this.#waiting = this.#waiting.filter((other) => other !== row);
    const gone = this.#nodes.get(row);
    if (!gone) return;
    this.#nodes.delete(row);
    this.#isTorn = true;
    for (const node of this.#nodes.values()) {
      node.links.forEach((list, level) => {
        if (!list.includes(gone)) return;
        const left = new Set([...list, ...(gone.links[level] ?? [])]);
        left.delete(gone);
        left.delete(node);
        const candidates = Array.from(left, (other) => this.#measure(node.vector, other)).toSorted(
          byDistance,
        );
        node.links[level] = this.#choose(candidates, this.#room(level));
      });
    }
    if (this.#entry !== gone) return;
    this.#entry = null;
    for (const node of this.#nodes.values()) this.#enter(node);
  }

  /** A code alone was made of a vector of length 1 under cosine: what it stands for is not measured again. */
  protected override distanceOf(row: Row, vector: Float32Array, query: Float32Array): number {
    const inverse = this.#options.codesFrom ? this.#coded.get(row)?.inverseLength : undefined;
    if (this.space !== 'cosine' || inverse === undefined) return super.distanceOf(row, vector, query);
    const length = Math.sqrt(dot(query, query));
    return Math.fround(length === 0 ? 1 : 1 - (dot(vector, query) * inverse) / length);
  }

  #measure(query: Float32Array, node: Node): Candidate {
    this.#work++;
    return { node, distance: this.distanceOf(node.row, node.vector, query) };
  }

  /** Nearest node found greedily from the entry down to above level `to`. */
  #descend(query: Float32Array, to: number): Candidate {
    let nearest = this.#measure(query, this.#entry!);
    for (let level = this.#entry!.links.length - 1; level > to; level--) {
      for (let moved = true; moved;) {
        moved = false;
        for (const neighbor of nearest.node.links[level]!) {
          const candidate = this.#measure(query, neighbor);
          if (candidate.distance >= nearest.distance) continue;
          nearest = candidate;
          moved = true;
        }
      }
    }
    return nearest;
  }

  /** The `ef` nearest nodes that pass, nearest first; passes through the others. */
  #searchLevel(
    query: Float32Array,
    from: Candidate,
    level: number,
    ef: number,
    passes: (node: Node) => boolean,
  ): Candidate[] {
    const visited = new Set([from.node]);
    const candidates = [from];
    const found = passes(from.node) ? [from] : [];
    for (let next = candidates.shift(); next; next = candidates.shift()) {
      if (found.length === ef && byDistance(next, found.at(-1)!) > 0) break;
      for (const node of next.node.links[level]!) {
        if (visited.has(node)) continue;
        visited.add(node);
        const candidate = this.#measure(query, node);
        if (found.length === ef && byDistance(candidate, found.at(-1)!) > 0) continue;
        insert(candidates, candidate);
        if (!passes(node)) continue;
        insert(found, candidate);
        if (found.length > ef) found.pop();
      }
    }
    return found;
  }
}

function codedRow({ dimensions, codes, inverseLengths }: CodedVectors, i: number): CodedRow {
  return {
    codes: codes.slice(i * dimensions, (i + 1) * dimensions),
    inverseLength: inverseLengths[i]!,
  };
}

function byDistance(a: Candidate, b: Candidate): number {
  return a.distance - b.distance || a.node.row - b.node.row;
}

function isCopy(a: Node, b: Node): boolean {
  return a.vector.every((x, i) => x === b.vector[i]);
}

/** Keeps `sorted` sorted. */
function insert(sorted: Candidate[], candidate: Candidate): void {
  let low = 0;
  for (let high = sorted.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (byDistance(sorted[middle]!, candidate) < 0) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, candidate);
}

/** A well mixed u32 for each u32. */
function mix(value: number): number {
  let z = value >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x7feb352d);
  z = Math.imul(z ^ (z >>> 15), 0x846ca68b);
  return (z ^ (z >>> 16)) >>> 0;
}
