/** The links of a graph as bytes and back; rows and levels go along, vectors do not. Every byte is taken for untrusted. */
import { kindexError } from '../base/errors.js';
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
 * Head (u32: magic, nodes, lists, links), rows u32, links u32, counts u16, levels u8; little-endian.
 * @throws RUNTIME_OUT_OF_MEMORY as RangeError does, from the allocation
 */
export function encodeGraph({ rows, levels, counts, links }: GraphLinks): Uint8Array<ArrayBuffer> {
  const words = HEAD_WORDS + rows.length + links.length;
  const bytes = new Uint8Array(words * 4 + counts.length * 2 + levels.length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const word of [MAGIC, rows.length, counts.length, links.length])
    view.setUint32((at += 4) - 4, word, true);
  for (const row of rows) view.setUint32((at += 4) - 4, row, true);
  for (const link of links) view.setUint32((at += 4) - 4, link, true);
  for (const count of counts) view.setUint16((at += 2) - 2, count, true);
  bytes.set(levels, at);
  return bytes;
}

/**
 * `maxNeighbors`: what lists may hold, twice as much on level 0.
 * @throws FORMAT_CORRUPT unless all lengths fit, rows differ, and every link leads to another node that has the level
 */
export function parseGraph(bytes: Uint8Array, maxNeighbors: number): GraphLinks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEAD_WORDS * 4) throw corrupt('it ends within its head', bytes);
  const [magic, nodes, lists, linkCount] = [0, 4, 8, 12].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
    number,
  ];
  if (magic !== MAGIC) throw corrupt('it does not begin as a graph does', bytes);
  const length = (HEAD_WORDS + nodes + linkCount) * 4 + lists * 2 + nodes;
  if (length !== bytes.length) throw corrupt(`its head tells of ${length} bytes`, bytes);

  let at = HEAD_WORDS * 4;
  const rows = Uint32Array.from({ length: nodes }, () => view.getUint32((at += 4) - 4, true));
  const links = Uint32Array.from({ length: linkCount }, () => view.getUint32((at += 4) - 4, true));
  const counts = Uint16Array.from({ length: lists }, () => view.getUint16((at += 2) - 2, true));
  const levels = bytes.slice(at);
  const graph = { rows, levels, counts, links };
  checkNodes(graph, bytes);
  checkLinks(graph, maxNeighbors, bytes);
  return graph;
}

function checkNodes({ rows, levels, counts }: GraphLinks, bytes: Uint8Array): void {
  if (new Set<Row>(rows).size !== rows.length) throw corrupt('it names a row twice', bytes);
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
