/** Where a snapshot comes from, as pieces of bytes: any kind of source, unpacked where it is gzip, within bounds. */
import { kindexError } from '../base/errors.js';
import { asBadSnapshot, badSnapshot } from '../format/snapshot.js';

export type SnapshotSource = Blob | Response | ReadableStream<Uint8Array> | ArrayBuffer | Uint8Array;

/** Compressed bytes unpacked at a time: at most 1,032 times as many come out of them. */
const SLICE_BYTES = 16 * 1024;
/** What may come out at most: honest data shrinks less, but for small files of nothing. */
const MAX_RATIO = 256;
const FREE_BYTES = 16 * 1024 * 1024;

/** Bytes taken from the source so far, and how many there are, where that is known. */
export interface SourceProgress {
  read: number;
  total: number | null;
}

export interface SnapshotBytes {
  pieces: AsyncIterable<Uint8Array>;
  progress: SourceProgress;
}

/** @throws VALUE_ARGUMENT for anything else. The pieces fail with ABORTED · FORMAT_SNAPSHOT · what the source throws. */
export function snapshotBytes(source: SnapshotSource, signal?: AbortSignal): SnapshotBytes {
  const progress: SourceProgress = { read: 0, total: null };
  let stream: ReadableStream<Uint8Array> | null = null;
  let whole: Uint8Array | null = null;
  if (source instanceof Uint8Array) whole = source;
  else if (source instanceof ArrayBuffer) whole = new Uint8Array(source);
  else if (source instanceof Blob) stream = source.stream();
  else if (source instanceof ReadableStream) stream = source;
  else if (typeof Response !== 'undefined' && source instanceof Response) stream = bodyOf(source);
  else {
    throw kindexError('VALUE_ARGUMENT', 'A snapshot is read from a Blob, Response, stream or bytes', {
      fix: 'Pass what export() gave, or the file the user chose.',
    });
  }
  progress.total = whole?.length ?? (source instanceof Blob ? source.size : null);
  const raw = counted(whole ? [whole] : readerOf(stream!, signal), progress, signal);
  return { pieces: unpacked(raw, progress), progress };
}

function bodyOf(response: Response): ReadableStream<Uint8Array> {
  if (response.ok && response.body) return response.body;
  throw kindexError('VALUE_ARGUMENT', `The response has status ${response.status} and no snapshot`, {
    fix: 'Check the address.',
    details: { status: response.status },
  });
}

async function* counted(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  progress: SourceProgress,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    checkGoing(signal, progress);
    if (!(piece instanceof Uint8Array)) throw badSnapshot('its source gives no bytes', progress.read);
    progress.read += piece.length;
    yield piece;
  }
}

/** Of its own, since not every stream can be iterated; and one that waits for ever can be left. */
async function* readerOf(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  const aborted = (): void => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener('abort', aborted);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (signal?.aborted) throw abortedError(signal);
      if (done) return;
      yield value;
    }
  } finally {
    signal?.removeEventListener('abort', aborted);
    // Whoever fills it can stop; nothing happens when it has ended.
    await reader.cancel().catch(() => {});
  }
}

function checkGoing(signal: AbortSignal | undefined, progress: SourceProgress): void {
  if (signal?.aborted) throw abortedError(signal, { ...progress });
}

export function abortedError(signal: AbortSignal, details: Record<string, unknown> = {}): Error {
  return kindexError('ABORTED', 'The import was aborted; nothing of it is kept', {
    details,
    cause: signal.reason,
  });
}

/** As it is, unless it begins as gzip does. */
async function* unpacked(
  raw: AsyncGenerator<Uint8Array>,
  progress: SourceProgress,
): AsyncGenerator<Uint8Array> {
  let start = new Uint8Array(0);
  while (start.length < 2) {
    const step = await raw.next();
    if (step.done) break;
    const joined = new Uint8Array(start.length + step.value.length);
    joined.set(start);
    joined.set(step.value, start.length);
    start = joined;
  }
  const all = resumed(start, raw);
  if (start[0] !== 0x1f || start[1] !== 0x8b) yield* all;
  else yield* inflated(all, progress);
}

async function* resumed(start: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (start.length > 0) yield start;
  yield* rest;
}

/** @throws FORMAT_SNAPSHOT where it is no gzip, or unpacks to more than is believed */
async function* inflated(
  packed: AsyncGenerator<Uint8Array>,
  progress: SourceProgress,
): AsyncGenerator<Uint8Array> {
  const input = sliced(packed);
  const { readable, writable } = new DecompressionStream('gzip');
  const writer = writable.getWriter();
  // Not what has been read: a source may give all at once, and some streams take in more than they have unpacked.
  let fed = 0;
  let failed = false;
  let failure: unknown;
  let waiting = false;
  const feed = async (): Promise<void> => {
    for (;;) {
      let step: IteratorResult<Uint8Array<ArrayBuffer>, unknown>;
      waiting = true;
      try {
        step = await input.next();
      } catch (error) {
        failed = true;
        failure = error;
        await writer.abort(error);
        return;
      } finally {
        waiting = false;
      }
      if (step.done) {
        await writer.close();
        return;
      }
      fed += step.value.length;
      await writer.write(step.value);
    }
  };
  // What cannot be unpacked is told where the other end is read.
  const feeding = feed().catch(() => input.return(undefined));
  let size = 0;
  try {
    for await (const piece of readerOf(readable, undefined)) {
      size += piece.length;
      if (size > FREE_BYTES + MAX_RATIO * fed)
        throw badSnapshot(`${fed} bytes unpack to ${size} and more`, fed, { size });
      yield piece;
    }
  } catch (error) {
    throw failed ? failure : asBadSnapshot(error, progress.read);
  } finally {
    await writer.abort().catch(() => {});
    // A source that waits for something would not answer.
    if (!waiting) await feeding;
  }
}

async function* sliced(pieces: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += SLICE_BYTES) yield piece.slice(at, at + SLICE_BYTES);
  }
}
