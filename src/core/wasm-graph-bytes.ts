/** The links in wasm memory as bytes, a few thousand nodes at a time, and back. Format: graph-format.ts. */
import { bytesOf, graphHead } from './graph-format.js';
import type { GraphLinks } from './graph-format.js';

/** Ends a list of links that is not full; no slot. */
export const NONE = 0xffff_ffff;

/** Nodes between two pauses: under 2 ms, most of it reading 25 links each. */
const NODES_PER_STEP = 4096;

/** The graph as it lies in memory. Views are good until memory grows. */
export interface LinkedSlots {
  /** Slots below this exist. */
  readonly slots: number;
  /** The live row that is linked there, else −1. */
  linkedRow(slot: number): number;
  levelOf(slot: number): number;
  linksOf(slot: number, level: number): Uint32Array;
}

/**
 * Pieces of the format; null once `isSame` says no. Rows that go while this runs may be among the nodes: who reads the bytes
 * leaves out what is not live.
 */
export function* writeGraph(
  graph: LinkedSlots,
  { room, isSame }: { room: number; isSame: () => boolean },
): Generator<void, Uint8Array<ArrayBuffer>[] | null> {
  const { slots } = graph;
  const nodeOf = new Uint32Array(slots).fill(NONE);
  const slotOf = new Uint32Array(slots);
  const rows = new Uint32Array(slots);
  let nodes = 0;
  for (let slot = 0; slot < slots; slot++) {
    const row = graph.linkedRow(slot);
    if (row >= 0) {
      rows[nodes] = row;
      slotOf[nodes] = slot;
      nodeOf[slot] = nodes++;
    }
    if ((slot + 1) % (NODES_PER_STEP * 8) === 0) {
      yield;
      if (!isSame()) return null;
    }
  }

  const levels = new Uint8Array(nodes);
  const links: Uint32Array<ArrayBuffer>[] = [];
  const counts: Uint16Array<ArrayBuffer>[] = [];
  for (let from = 0; from < nodes; from += NODES_PER_STEP) {
    const to = Math.min(nodes, from + NODES_PER_STEP);
    let lists = 0;
    for (let node = from; node < to; node++) lists += (levels[node] = graph.levelOf(slotOf[node]!)) + 1;
    const stepLinks = new Uint32Array(lists * room);
    const stepCounts = new Uint16Array(lists);
    let at = 0;
    let list = 0;
    for (let node = from; node < to; node++) {
      for (let level = 0; level <= levels[node]!; level++) {
        const end = copyLinks(graph, { slot: slotOf[node]!, level }, nodeOf, stepLinks, at);
        stepCounts[list++] = end - at;
        at = end;
      }
    }
    links.push(stepLinks.slice(0, at));
    counts.push(stepCounts);
    if (to < nodes) {
      yield;
      if (!isSame()) return null;
    }
  }
  const total = (arrays: readonly { length: number }[]): number =>
    arrays.reduce((sum, { length }) => sum + length, 0);
  return [
    graphHead(nodes, total(counts), total(links)),
    ...[rows.subarray(0, nodes), ...links, ...counts, levels].map(bytesOf),
  ];
}

/** Links of a slot as node numbers; the first neighbor of a removed one takes its place. Returns where they end. */
function copyLinks(
  graph: LinkedSlots,
  { slot, level }: { slot: number; level: number },
  nodeOf: Uint32Array,
  into: Uint32Array,
  start: number,
): number {
  const links = graph.linksOf(slot, level);
  let end = start;
  let gone = false;
  for (const to of links) {
    const node = nodeOf[to]!;
    if (node === NONE) gone = true;
    else into[end++] = node;
  }
  if (!gone) return end;
  for (const to of links) {
    if (nodeOf[to] !== NONE) continue;
    for (const beyond of graph.linksOf(to, level)) {
      const node = nodeOf[beyond]!;
      if (node === NONE || beyond === slot || into.subarray(start, end).includes(node)) continue;
      into[end++] = node;
      break;
    }
  }
  return end;
}

/**
 * `slotOf`: of each node, −1: none.
 * Calls `put` for every list of every node that has a slot, with the slots its links lead to, the first `count` of `links`; the first neighbor of a node without a
 * slot takes its place.
 */
export function forEachRestored(
  { levels, counts, links }: GraphLinks,
  slotOf: Int32Array,
  put: (slot: number, level: number, links: Uint32Array, count: number) => void,
): void {
  const nodes = levels.length;
  const firstList = new Uint32Array(nodes);
  const starts = new Uint32Array(counts.length + 1);
  for (let node = 0, list = 0; node < nodes; node++) {
    firstList[node] = list;
    for (const end = list + levels[node]! + 1; list < end; list++)
      starts[list + 1] = starts[list]! + counts[list]!;
  }
  const found = new Uint32Array(counts.reduce((a, b) => Math.max(a, b), 0));
  for (let node = 0; node < nodes; node++) {
    const slot = slotOf[node]!;
    if (slot < 0) continue;
    for (let level = 0; level <= levels[node]!; level++) {
      const list = firstList[node]! + level;
      let count = 0;
      let gone = false;
      for (let i = starts[list]!; i < starts[list + 1]!; i++) {
        const to = slotOf[links[i]!]!;
        if (to < 0) gone = true;
        else found[count++] = to;
      }
      const listed = gone ? starts[list + 1]! : 0;
      for (let i = starts[list]!; i < listed; i++) {
        const missing = links[i]!;
        if (slotOf[missing]! >= 0) continue;
        const beyond = firstList[missing]! + level;
        for (let j = starts[beyond]!; j < starts[beyond + 1]!; j++) {
          const to = slotOf[links[j]!]!;
          if (to < 0 || to === slot || found.subarray(0, count).includes(to)) continue;
          found[count++] = to;
          break;
        }
      }
      put(slot, level, found, count);
    }
  }
}
