/**
 * The resident vectors of one index and their exact scan; one index per instance.
 *
 *   heapAt() → query │ chunk 0 │ chunk 1 │ … │ scratch of the running call
 *   chunk    =  vectors f32 [slots × padded] │ inverse lengths f32 [slots] │ rows u32 [slots]
 *
 * Chunks are only ever appended, so nothing moves when the memory grows. A slot is a place, a row is the store's number for it:
 * the caller keeps slots 0…count−1 filled without a gap, so a scan reads live vectors only. It takes them one by one in the order
 * of their addresses: four neighbours at once defeat the prefetcher of the CPU (435 instead of 80–100 ns a row from main memory).
 */
import { alignUp, heapAt } from './memory';
import { dot, squaredL2, squaredNorm } from './kernels';
import { topKBegin, topKFinish, topKOffer } from './top-k';

const SPACE_L2: u32 = 0;
const SPACE_COSINE: u32 = 2;

/** Vectors of one chunk take at most this, if that is 16 or more of them: small indexes stay small. */
const CHUNK_BYTES: u32 = 512 << 10;

let space: u32 = SPACE_L2;
let dimensions: u32 = 0;
/** Bytes of a vector, zero-padded to a multiple of four floats. */
let vectorBytes: u32 = 0;
/** log2 of the slots in a chunk: 4…12. */
let chunkShift: u32 = 4;
let chunkBytes: u32 = 0;
let queryAt: usize = 0;
let chunksAt: usize = 0;
let queryInverse: f32 = 0;

@inline function chunkAt(slot: u32): usize {
  return chunksAt + (slot >> chunkShift) * chunkBytes;
}

@inline function slotInChunk(slot: u32): u32 {
  return slot & ((1 << chunkShift) - 1);
}

/** Address of the side tables of a chunk: inverse lengths, then rows. */
@inline function tablesAt(chunk: usize): usize {
  return chunk + (vectorBytes << chunkShift);
}

@inline function inverseLength(squaredLength: f32): f32 {
  return squaredLength > 0 ? 1 / sqrt<f32>(squaredLength) : 0;
}

/** Empty index. `dimensions_` 1…65,536; `space_` 0 = l2, 1 = ip, 2 = cosine. Once per instance, before anything else. */
export function flatInit(dimensions_: u32, space_: u32): void {
  dimensions = dimensions_;
  space = space_;
  vectorBytes = ((dimensions + 3) & ~3) << 2;
  chunkShift = 4;
  while (chunkShift < 12 && (vectorBytes << (chunkShift + 1)) <= CHUNK_BYTES) chunkShift++;
  chunkBytes = (vectorBytes + 8) << chunkShift;
  queryAt = heapAt();
  chunksAt = alignUp(queryAt + vectorBytes);
}

/** Memory pages of 64 KiB that `slots` vectors and `scratchBytes` after them need. */
export function flatPages(slots: u32, scratchBytes: u32): u32 {
  const chunks = (u64(slots) + ((1 << chunkShift) - 1)) >> chunkShift;
  return u32((u64(chunksAt) + chunks * chunkBytes + scratchBytes + 0xffff) >> 16);
}

/** Where the query goes: f32 [dimensions]. The padding behind it is zero from the start, as nothing else is written there. */
export function flatQueryAt(): usize {
  return queryAt;
}

/** Where the vector of `slot` lies: f32 [dimensions]. */
export function flatVectorAt(slot: u32): usize {
  return chunkAt(slot) + slotInChunk(slot) * vectorBytes;
}

/** First byte after the chunks that hold `slots` vectors; free until the next call. */
export function flatScratchAt(slots: u32): usize {
  return chunkAt(slots + ((1 << chunkShift) - 1));
}

/** Completes `slot` after its floats were written: pads them, as scratch may have lain there, and notes row and length. */
export function flatStore(slot: u32, row: u32, squaredLength: f32): void {
  const vector = flatVectorAt(slot);
  memory.fill(vector + (dimensions << 2), 0, vectorBytes - (dimensions << 2));
  label(slot, row, inverseLength(squaredLength));
}

function label(slot: u32, row: u32, inverse: f32): void {
  const tables = tablesAt(chunkAt(slot));
  const i = slotInChunk(slot);
  store<f32>(tables + (i << 2), inverse);
  store<u32>(tables + ((i + (1 << chunkShift)) << 2), row);
}

/** The row in `slot`. */
export function flatRow(slot: u32): u32 {
  return load<u32>(tablesAt(chunkAt(slot)) + ((slotInChunk(slot) + (1 << chunkShift)) << 2));
}

/** Copies vector, row and length of slot `from` over slot `to`. */
export function flatMove(from: u32, to: u32): void {
  memory.copy(flatVectorAt(to), flatVectorAt(from), vectorBytes);
  label(to, flatRow(from), load<f32>(tablesAt(chunkAt(from)) + (slotInChunk(from) << 2)));
}

/** Measures the query after its floats were written; returns Σx², which is not finite when a component is not. */
export function flatPrepareQuery(): f32 {
  const squaredLength = squaredNorm(queryAt, dimensions);
  queryInverse = inverseLength(squaredLength);
  return squaredLength;
}

@inline function distance(vector: usize, inverseAt: usize): f32 {
  if (space == SPACE_L2) return squaredL2(vector, queryAt, vectorBytes);
  const product = dot(vector, queryAt, vectorBytes);
  if (space != SPACE_COSINE) return 1 - product;
  // A zero vector has the inverse length 0 here, and so the distance 1 to everything.
  return 1 - product * load<f32>(inverseAt) * queryInverse;
}

/**
 * The `k` (1…slots) nearest of the first `slots` slots to the prepared query.
 * Leaves at `out`: u32 found, u32 distances computed, then `found` × { row: u32, distance: f32 }, nearest first. Room: 8 + 8k bytes.
 */
export function flatSearch(slots: u32, k: u32, out: usize): void {
  topKBegin(out + 8, k);
  for (let first: u32 = 0; first < slots; first += 1 << chunkShift) {
    let vector = chunkAt(first);
    const inverses = tablesAt(vector);
    const rows = inverses + (4 << chunkShift);
    const end: usize = min<u32>(slots - first, 1 << chunkShift) << 2;
    for (let i: usize = 0; i < end; i += 4, vector += vectorBytes) {
      topKOffer(distance(vector, inverses + i), load<u32>(rows + i));
    }
  }
  store<u32>(out, topKFinish());
  store<u32>(out, slots, 4);
}

/** `flatSearch` over the rows whose bit is set in the `words` u32 words at `allow`; rows beyond them are not allowed. */
export function flatSearchAllowed(slots: u32, k: u32, out: usize, allow: usize, words: u32): void {
  topKBegin(out + 8, k);
  let visited: u32 = 0;
  for (let first: u32 = 0; first < slots; first += 1 << chunkShift) {
    const vectors = chunkAt(first);
    const inverses = tablesAt(vectors);
    const rows = inverses + (4 << chunkShift);
    const end: u32 = min<u32>(slots - first, 1 << chunkShift);
    for (let i: u32 = 0; i < end; i++) {
      const row = load<u32>(rows + (i << 2));
      const word = row >> 5;
      if (word >= words || ((load<u32>(allow + (word << 2)) >> (row & 31)) & 1) == 0) continue;
      visited++;
      topKOffer(distance(vectors + i * vectorBytes, inverses + (i << 2)), row);
    }
  }
  store<u32>(out, topKFinish());
  store<u32>(out, visited, 4);
}

/** The `k` nearest of `count` slots, u32 at `list`; results at `out` as of `flatSearch`. */
export function flatSearchSlots(k: u32, out: usize, list: usize, count: u32): void {
  topKBegin(out + 8, k);
  for (const end = list + (count << 2); list < end; list += 4) {
    const slot = load<u32>(list);
    topKOffer(distance(flatVectorAt(slot), tablesAt(chunkAt(slot)) + (slotInChunk(slot) << 2)), flatRow(slot));
  }
  store<u32>(out, topKFinish());
  store<u32>(out, count, 4);
}
