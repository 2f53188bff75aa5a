/** The links of a graph as bytes and back; rows and levels go along, vectors do not. Every byte is taken for untrusted. */
import { kindexError } from '../base/errors.js';
import { joined } from '../base/joined.js';
import type { Row } from '../base/types.js';

/** "KXG1", little-endian. */
const MAGIC = 0x3147584b;
const HEAD_WORDS = 4;
export const MAX_LEVEL = 15;

/** A node's number is its place in the lists. */
export interface GraphLinks {
  rows: Uint32Array;
  /** Highest level of each node: 0…15. */
  levels: Uint8Array;
  /** How many links on each level 0…levels[node] of each node, in this order. */
  counts: Uint16Array;
  /** Node numbers, in the same order. */
  links: Uint32Array;
}

/**
 * Head (u32: magic, nodes, lists, links), rows u32, links u32, counts u16, levels u8; little-endian, as typed arrays are wherever
 * WebAssembly runs.
 * @throws RUNTIME_OUT_OF_MEMORY as RangeError does, from the allocation
 */
export function encodeGraph({ rows, levels, counts, links }: GraphLinks): Uint8Array<ArrayBuffer> {
  return joined([
    graphHead(rows.length, counts.length, links.length),
    ...[rows, links, counts, levels].map(bytesOf),
  ]);
}

export function graphHead(nodes: number, lists: number, links: number): Uint8Array<ArrayBuffer> {
  return bytesOf(Uint32Array.of(MAGIC, nodes, lists, links));
}

/** The bytes under a typed array; a view, not a copy. */
export function bytesOf(array: Uint32Array | Uint16Array | Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}

/**
 * `maxNeighbors`: what lists may hold, twice as much on level 0. Arrays of the result may be views into `bytes`.
 * @throws FORMAT_CORRUPT unless all lengths fit, rows differ, and every link leads to another node that has the level
 */
export function parseGraph(bytes: Uint8Array, maxNeighbors: number): GraphLinks {
  if (bytes.length < HEAD_WORDS * 4) throw corrupt('it ends within its head', bytes);
  const { buffer, byteOffset } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const [magic, nodes, lists, linkCount] = new Uint32Array(buffer, byteOffset, HEAD_WORDS) as unknown as [
    number,
    number,
    number,
    number,
  ];
  if (magic !== MAGIC) throw corrupt('it does not begin as a graph does', bytes);
  const length = (HEAD_WORDS + nodes + linkCount) * 4 + lists * 2 + nodes;
  if (length !== bytes.length) throw corrupt(`its head tells of ${length} bytes`, bytes);

  let at = byteOffset + HEAD_WORDS * 4;
  const rows = new Uint32Array(buffer, at, nodes);
  const links = new Uint32Array(buffer, (at += nodes * 4), linkCount);
  const counts = new Uint16Array(buffer, (at += linkCount * 4), lists);
  const levels = new Uint8Array(buffer, at + lists * 2, nodes);
  const graph = { rows, levels, counts, links };
  checkNodes(graph, bytes);
  checkLinks(graph, maxNeighbors, bytes);
  return graph;
}

function checkNodes({ rows, levels, counts }: GraphLinks, bytes: Uint8Array): void {
  const sorted = rows.toSorted();
  if (sorted.some((row: Row, i) => i > 0 && row === sorted[i - 1]))
    throw corrupt('it names a row twice', bytes);
  let lists = 0;
  for (const level of levels) {
    if (level > MAX_LEVEL) throw corrupt(`a node has level ${level}`, bytes);
    lists += level + 1;
  }
  if (lists !== counts.length) throw corrupt(`its nodes have ${lists} lists, not ${counts.length}`, bytes);
}

function checkLinks({ levels, counts, links }: GraphLinks, maxNeighbors: number, bytes: Uint8Array): void {
  let list = 0;
  let link = 0;
  for (let node = 0; node < levels.length; node++) {
    for (let level = 0; level <= levels[node]!; level++) {
      const count = counts[list++]!;
      const room = level === 0 ? 2 * maxNeighbors : maxNeighbors;
      if (count > room) throw corrupt(`a list of ${room} holds ${count} links`, bytes);
      for (const end = link + count; link < end; link++) {
        const to = links[link];
        if (to === undefined || to === node || !(levels[to]! >= level)) {
          throw corrupt(`node ${node} links to ${String(to)} on level ${level}`, bytes);
        }
      }
    }
  }
  if (link !== links.length) throw corrupt(`its lists hold ${link} links, not ${links.length}`, bytes);
}

function corrupt(why: string, { length }: Uint8Array): Error {
  return kindexError('FORMAT_CORRUPT', `The stored graph of ${length} bytes cannot be read: ${why}.`, {
    fix: 'Link the rows anew; nothing but time is lost.',
    details: { bytes: length },
  });
}
