/** What of a graph searches come to: the walk on level 0 from the entry, and taking out what it does not meet. */
import {
  addWaiting, beginVisit, bit, clearBit, clearLinks, isVisited, levelOf, linkedAt, linksAt, NONE, room, slots, visit,
} from './graph-memory';
import { entrySlot } from './graph-search';

/**
 * Linked slots, none of them dead, that no way on level 0 leads to from the entry are not linked any more: they wait, are scanned
 * meanwhile, and no list names them. Returns how many. Scratch: 4 · slots bytes.
 */
export function unlinkUnreached(stack: usize): u32 {
  if (entrySlot == NONE) return 0;
  walkAll(stack);
  let lost: u32 = 0;
  for (let slot: u32 = 0; slot < slots; slot++) {
    if (bit(linkedAt, slot) == 0 || isVisited(slot)) continue;
    clearBit(linkedAt, slot);
    clearLinks(slot);
    addWaiting(1);
    lost++;
  }
  if (lost == 0) return 0;
  // On level 0 no slot that was met names one that was not.
  for (let slot: u32 = 0; slot < slots; slot++) {
    for (let level: u32 = 1; level <= levelOf(slot); level++) keepVisited(linksAt(slot, level), room(level));
  }
  return lost;
}

function walkAll(stack: usize): void {
  beginVisit();
  visit(entrySlot);
  store<u32>(stack, entrySlot);
  for (let end = stack + 4; end > stack;) {
    end -= 4;
    let links = linksAt(load<u32>(end), 0);
    for (const last = links + (room(0) << 2); links < last; links += 4) {
      const to = load<u32>(links);
      if (to == NONE) break;
      if (!visit(to)) continue;
      store<u32>(end, to);
      end += 4;
    }
  }
}

function keepVisited(links: usize, limit: u32): void {
  let kept = links;
  const end = links + (limit << 2);
  for (let at = links; at < end; at += 4) {
    const to = load<u32>(at);
    if (to == NONE) break;
    if (!isVisited(to)) continue;
    store<u32>(kept, to);
    kept += 4;
  }
  if (kept < end) memory.fill(kept, 0xff, end - kept);
}
