/** Bulk import behind `Collection.import`: any number of records in chunks, in bounded memory, with progress, abort and resume. */
import { ChromaError, kindexError } from '../base/errors.js';
import type { Metadata } from '../base/types.js';
import type { WriteReply } from '../rpc/service.js';
import type { Collection } from './collection.js';
import { embeddingCount, isMatrix, typeName, type EmbeddingsInput, type WriteArgs } from './check-records.js';

/** One record of an import; `embedding` or `document` must be there. */
export interface ImportRecord {
  id: string;
  embedding?: readonly number[] | Float32Array | Float64Array;
  document?: string;
  metadata?: Metadata | null;
  uri?: string;
}

/** Records one by one, or column by column as `add` takes them; in any order, from anything that can be iterated. */
export type ImportSource =
  | AsyncIterable<ImportRecord | WriteArgs>
  | Iterable<ImportRecord | WriteArgs>
  | ReadableStream<ImportRecord | WriteArgs>;

/** Counts of records so far. `read` = `written` + `skipped` + those under way. */
export interface ImportProgress {
  /** Taken from the source. */
  read: number;
  /** Stored by this import, as the store counted them; durable unless the client asked for `durability: 'relaxed'`. */
  written: number;
  /**
   * Left out: the id exists, be it since a moment ago, by another call or another tab, or came before in this import; with
   * `upsert`, where it comes again in the same chunk and the last one counts.
   */
  skipped: number;
}

export interface ImportOptions {
  /** `add` (default) leaves records alone whose id exists, so that a broken import goes on where it ended. `upsert` replaces. */
  mode?: 'add' | 'upsert';
  /** Records in a chunk, which is stored whole or not at all: 1…100,000, default 2,000. A chunk also ends at about 8 MiB. */
  batchSize?: number;
  /**
   * Ends the import: a chunk whose texts are being embedded is dropped, one that is being stored is stored, and what is stored
   * stays.
   */
  signal?: AbortSignal;
  /** Called after each chunk. What it throws ends the import. */
  onProgress?: (progress: ImportProgress) => void;
}

const MAX_CHUNK = 100_000;
const CHUNK_BYTES = 8 * 2 ** 20;

/** As `add` and `upsert` of the collection, with what the store answers. */
type WriteRecords = (mode: 'add' | 'upsert', records: WriteArgs) => Promise<WriteReply>;

/**
 * Reads `source` to its end. One chunk is stored while the next one is read, so memory holds two, however long the source is.
 * @returns the final counts
 * @throws VALUE_ARGUMENT for a record that is none, or options out of range · ABORTED (with the counts) · what `add` throws, naming
 * the records by their place in the source. Chunks stored before stay; calling again with the same source skips them.
 */
export async function importRecords(
  collection: Collection,
  write: WriteRecords,
  source: ImportSource,
  options: ImportOptions = {},
): Promise<ImportProgress> {
  const { mode = 'add', batchSize = 2_000, signal, onProgress } = options;
  if (mode !== 'add' && mode !== 'upsert') {
    throw kindexError('VALUE_ARGUMENT', `mode of import must be 'add' or 'upsert', got ${String(mode)}`, {
      details: { mode: String(mode) },
    });
  }
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > MAX_CHUNK) {
    throw kindexError(
      'VALUE_ARGUMENT',
      `batchSize of import must be an integer from 1 to ${MAX_CHUNK}, got ${String(batchSize)}`,
      { details: { batchSize: String(batchSize) } },
    );
  }
  const progress: ImportProgress = { read: 0, written: 0, skipped: 0 };
  const stop = stopSignal(signal);
  const iterator = iterate(source);
  let chunk = new Chunk(0);
  let storing = Promise.resolve();
  const next = (full: Chunk): Promise<void> =>
    storeChunk(collection, full, { mode, signal, write }).then((written) => {
      progress.written += written;
      progress.skipped += full.ids.length - written;
      onProgress?.({ ...progress });
    });
  const flush = async (): Promise<void> => {
    await stop.or(storing);
    const full = chunk;
    chunk = new Chunk(progress.read);
    if (full.ids.length === 0) return;
    storing = next(full);
    stop.watch(storing);
  };
  let ended = false;
  try {
    while (true) {
      const step = await stop.or(iterator.next());
      if (step.done) break;
      for (const record of records(step.value, progress.read)) {
        if (chunk.ids.length > 0 && !chunk.takes(record)) await flush();
        chunk.push(record);
        progress.read++;
        if (chunk.ids.length >= batchSize || chunk.bytes >= CHUNK_BYTES) await flush();
      }
    }
    ended = true;
    await flush();
    await stop.or(storing);
    return { ...progress };
  } catch (error) {
    // A chunk that is being stored ends as it ends, and counts; its error is not lost where it is the reason.
    await storing.catch(() => {});
    if (!(error instanceof Aborted)) throw error;
    throw kindexError('ABORTED', `The import was aborted after ${progress.written} records were stored`, {
      details: { ...progress },
      cause: signal?.reason,
    });
  } finally {
    stop.dispose();
    // A source that waits for something would not answer: its end is not waited for.
    if (!ended) void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

/** What ends the work inside; the caller gets ABORTED, with the counts at the end. */
class Aborted extends Error {}

/** Records with the same columns, in source order. */
class Chunk {
  readonly first: number;
  readonly ids: string[] = [];
  readonly embeddings: (readonly number[] | Float32Array | Float64Array)[] = [];
  readonly documents: string[] = [];
  readonly metadatas: (Metadata | null)[] = [];
  readonly uris: string[] = [];
  bytes = 0;

  constructor(first: number) {
    this.first = first;
  }

  /** `add` wants a column for all records or for none; metadata may be missing anywhere. */
  takes(record: ImportRecord): boolean {
    return (
      this.embeddings.length > 0 === (record.embedding !== undefined) &&
      this.documents.length > 0 === (record.document !== undefined) &&
      this.uris.length > 0 === (record.uri !== undefined)
    );
  }

  push({ id, embedding, document, metadata, uri }: ImportRecord): void {
    this.ids.push(id);
    this.metadatas.push(metadata ?? null);
    if (embedding !== undefined) this.embeddings.push(embedding);
    if (document !== undefined) this.documents.push(document);
    if (uri !== undefined) this.uris.push(uri);
    this.bytes += (embedding?.length ?? 0) * 4 + (document?.length ?? 0) * 2 + 100;
  }

  /** The records at `places`, as `add` takes them. */
  columns(places: number[]): WriteArgs {
    const pick = <T>(column: T[]): T[] => places.map((place) => column[place] as T);
    return {
      ids: pick(this.ids),
      ...(this.embeddings.length > 0 && { embeddings: pick(this.embeddings) }),
      ...(this.documents.length > 0 && { documents: pick(this.documents) }),
      ...(this.uris.length > 0 && { uris: pick(this.uris) }),
      ...(this.metadatas.some((metadata) => metadata !== null) && { metadatas: pick(this.metadatas) }),
    };
  }
}

/** @returns records stored */
async function storeChunk(
  collection: Collection,
  chunk: Chunk,
  { mode, signal, write }: { mode: 'add' | 'upsert'; signal: AbortSignal | undefined; write: WriteRecords },
): Promise<number> {
  try {
    const places = await placesToStore(collection, chunk, mode);
    if (places.length === 0) return 0;
    const columns = chunk.columns(places);
    const { embeddingFunction } = collection;
    // Embedded here, so that an abort in the middle of it stores nothing and does not wait for it.
    if (signal && embeddingFunction && columns.documents && !columns.embeddings) {
      const { embedTexts } = await import('./embed-texts.js');
      columns.embeddings = await unlessAborted(
        embedTexts(embeddingFunction, columns.documents, 'document'),
        signal,
      );
    }
    if (signal?.aborted) throw new Aborted();
    // Ids that were new when they were asked after may have come since: the store tells what it has stored.
    const { added, updated } = await write(mode, columns);
    return added + updated;
  } catch (error) {
    throw inSource(error, chunk);
  }
}

/** `work`, or Aborted as soon as `signal` says so: nobody waits for `work` then. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = (): void => {};
  try {
    return await new Promise<T>((resolve, reject) => {
      abort = () => reject(new Aborted());
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort);
      work.then(resolve, reject);
    });
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** With `add`: those whose id is new, so that texts that are stored already are not embedded again. */
async function placesToStore(
  collection: Collection,
  { ids }: Chunk,
  mode: 'add' | 'upsert',
): Promise<number[]> {
  const places = ids.map((_, place) => place);
  if (mode === 'upsert') {
    // Of several with one id the last one counts, as if they had come in calls of their own.
    const last = new Map(ids.map((id, place) => [id, place]));
    return last.size === ids.length ? places : places.filter((place) => last.get(ids[place]!) === place);
  }
  const unique = [...new Set(ids)];
  const { ids: found } = await collection.get({ ids: unique, include: [] });
  const taken = new Set(found);
  return places.filter((place) => {
    const id = ids[place]!;
    if (taken.has(id)) return false;
    taken.add(id);
    return true;
  });
}

function inSource(error: unknown, { first, ids }: Chunk): unknown {
  if (!(error instanceof ChromaError) || !error.code.startsWith('VALUE_')) return error;
  const last = first + ids.length - 1;
  return kindexError(error.code, `${error.message} (in records ${first} to ${last} of the import)`, {
    fix: error.fix,
    details: { ...error.details, firstRecord: first, lastRecord: last },
    cause: error,
  });
}

/** @throws VALUE_ARGUMENT */
function* records(item: unknown, place: number): Iterable<ImportRecord> {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw kindexError('VALUE_ARGUMENT', `Record ${place} of the import is ${typeName(item)}, not an object`, {
      fix: 'Yield { id, embedding?, document?, metadata?, uri? }, or columns as add() takes them.',
      details: { record: place },
    });
  }
  if (!('ids' in item)) {
    const record = item as ImportRecord;
    if (typeof record.id !== 'string') {
      throw kindexError('VALUE_IDS', `Record ${place} of the import has no id: ${typeName(record.id)}`, {
        details: { record: place },
      });
    }
    yield record;
    return;
  }
  const { ids, embeddings, documents, metadatas, uris } = item as WriteArgs;
  if (!Array.isArray(ids)) {
    throw kindexError(
      'VALUE_IDS',
      `ids of record ${place} of the import are ${typeName(ids)}, not an array`,
      {
        details: { record: place },
      },
    );
  }
  const columns = { embeddings, documents, metadatas, uris };
  for (const [name, column] of Object.entries(columns)) {
    if (column === undefined) continue;
    const length = embeddingCount(column as EmbeddingsInput);
    if (length === ids.length) continue;
    throw kindexError(
      'VALUE_LENGTHS',
      `Unequal lengths for fields ids, ${name} from record ${place} of the import on`,
      { details: { record: place, ids: ids.length, [name]: length } },
    );
  }
  for (let i = 0; i < ids.length; i++) {
    yield {
      id: ids[i]!,
      ...(embeddings && { embedding: vectorOf(embeddings, i) }),
      ...(documents && { document: documents[i]! }),
      ...(metadatas && { metadata: metadatas[i] ?? null }),
      ...(uris && { uri: uris[i]! }),
    };
  }
}

function vectorOf(embeddings: EmbeddingsInput, i: number): readonly number[] | Float32Array | Float64Array {
  if (!isMatrix(embeddings)) return embeddings[i]!;
  const { data, dimensions } = embeddings;
  return data.subarray(i * dimensions, (i + 1) * dimensions);
}

/** Streams can be iterated in some browsers only. @throws VALUE_ARGUMENT */
function iterate(source: ImportSource): AsyncIterator<unknown> | Iterator<unknown> {
  if (typeof source === 'object' && source !== null) {
    if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
    if (Symbol.iterator in source) return source[Symbol.iterator]();
    if (typeof (source as ReadableStream).getReader === 'function') {
      const reader = (source as ReadableStream<unknown>).getReader();
      return {
        next: () => reader.read() as Promise<IteratorResult<unknown>>,
        async return() {
          await reader.cancel();
          return { done: true, value: undefined };
        },
      };
    }
  }
  throw kindexError('VALUE_ARGUMENT', `Cannot import from ${typeName(source)}`, {
    fix: 'Pass an async iterable, an iterable or a ReadableStream of records.',
  });
}

interface Stop {
  /** `promise`, unless the import has to end first. */
  or<T>(promise: T | PromiseLike<T>): Promise<T>;
  /** A chunk that fails ends the import also while the source is waited for. */
  watch(storing: Promise<void>): void;
  dispose(): void;
}

/** One wait at a time: a race against one promise for the whole import would gather a reaction for every record. */
function stopSignal(signal: AbortSignal | undefined): Stop {
  let reason: { error: unknown } | null = null;
  let interrupt: (error: unknown) => void = () => {};
  const end = (error: unknown): void => {
    reason ??= { error };
    interrupt(reason.error);
  };
  const abort = (): void => end(new Aborted());
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort);
  return {
    or: (promise) =>
      new Promise((resolve, reject) => {
        if (reason) reject(reason.error);
        interrupt = reject;
        Promise.resolve(promise).then(resolve, reject);
      }),
    watch(storing) {
      storing.catch(end);
    },
    dispose: () => signal?.removeEventListener('abort', abort),
  };
}
