/** `ChromaClient.export`: collections as one file, read and written piece by piece. The bytes: format/SNAPSHOT.md. */
import { kindexError } from '../base/errors.js';
import { createCrc32c } from '../base/crc32c.js';
import { Sha256 } from '../format/sha256.js';
import {
  encodeFrame,
  encodeSnapshotCollection,
  encodeSnapshotHeader,
  encodeSnapshotRecords,
} from '../format/snapshot.js';
import type { FrameKind, SnapshotRecords } from '../format/snapshot.js';
import type { DatabaseRef, ExportOpenReply, StoreService } from '../rpc/service.js';
import type { ExportSource, SalvageReport } from './salvage-export.js';

export interface ExportArgs {
  /** Names. Default: every collection of the client's database, in order of creation. */
  collections?: string[];
  /** True: compressed with gzip, which `import` recognises. Default false. */
  gzip?: boolean;
  /** Ends the export between two pieces; the stream fails with ABORTED. */
  signal?: AbortSignal;
  /**
   * True: of a store that is damaged and does not open, what is proved whole; what is not is told by the snapshot's `salvaged`.
   * A store that opens is exported as always. Default false.
   */
  salvage?: boolean;
  /** Called after each piece. What it throws ends the export. */
  onProgress?: (progress: ExportProgress) => void;
}

/** How far an export has come. */
export interface ExportProgress {
  /** The one that is being read. */
  collection: string;
  /** Read so far, of all collections. */
  records: number;
  /** Written so far, before compression. */
  bytes: number;
}

/** What `export` gives. Each call of a method reads the store anew. */
export interface Snapshot {
  /** For files, uploads and pipes: one piece of about 1 MiB at a time is made, when it is asked for. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** All of it; the browser may keep it on disk. */
  blob(): Promise<Blob>;
  /** What is missing: where `salvage` was asked for. */
  salvaged?: SalvageReport;
}

/** Of the file; there is no registered one. */
const MEDIA_TYPE = 'application/vnd.kindex.snapshot';

const BLOB_STEP_BYTES = 32 * 1024 * 1024;

/** Collections asked for by name, as many as a page of `listCollections` has. */
const PAGE = 1_000;

/**
 * @throws NOT_FOUND_COLLECTION for a name that is not there · VALUE_ARGUMENT for one that is there twice · with `salvage`, why the
 * store does not open when nothing is left
 */
export async function exportSnapshot(
  store: StoreService,
  database: DatabaseRef,
  args: ExportArgs = {},
): Promise<Snapshot> {
  const { salvage, reportOfOpen } = args.salvage ? await import('./salvage-export.js') : {};
  const salvaged = (await salvage?.(store, database)) ?? null;
  const names = args.collections ?? salvaged?.names ?? (await allNames(store, database));
  if (new Set(names).size !== names.length)
    throw kindexError('VALUE_ARGUMENT', 'collections names a collection twice');
  for (const name of names) {
    if (!salvaged) await store.getCollection({ ...database, name });
    else if (!salvaged.names.includes(name)) throw notSalvaged(name);
  }
  const stream = (): ReadableStream<Uint8Array<ArrayBuffer>> => {
    const plain = streamOf(pieces(salvaged ?? { source: store }, database, { ...args, collections: names }));
    if (!args.gzip) return plain;
    return plain.pipeThrough(new CompressionStream('gzip'));
  };
  const report = salvaged?.report ?? (await reportOfOpen?.(store, database, names));
  return {
    stream,
    blob: () => blobOf(stream()),
    ...(report && { salvaged: report }),
  };
}

function notSalvaged(name: string): Error {
  return kindexError('NOT_FOUND_COLLECTION', `Nothing of a collection "${name}" is left.`, {
    fix: 'Leave `collections` out: what there is, and under which names, is told by `salvaged`.',
    details: { name },
  });
}

/** Not by `Response`: there, browsers forget what an export failed with. */
async function blobOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Blob> {
  const reader = stream.getReader();
  let whole = new Blob([], { type: MEDIA_TYPE });
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  let held = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (value) {
      pieces.push(value);
      held += value.length;
    }
    // What a Blob holds may lie on disk.
    if (done || held > BLOB_STEP_BYTES) {
      whole = new Blob([whole, ...pieces], { type: MEDIA_TYPE });
      pieces = [];
      held = 0;
    }
    if (done) return whole;
  }
}

async function allNames(store: StoreService, database: DatabaseRef): Promise<string[]> {
  const names: string[] = [];
  for (;;) {
    const page = await store.listCollections({ ...database, limit: PAGE, offset: names.length });
    names.push(...page.map(({ name }) => name));
    if (page.length < PAGE) return names;
  }
}

async function* pieces(
  { source, close }: { source: ExportSource; close?: () => Promise<void> },
  database: DatabaseRef,
  { collections = [], signal, onProgress }: ExportArgs,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const checksum = createCrc32c();
  const hash = new Sha256();
  const progress: ExportProgress = { collection: '', records: 0, bytes: 0 };
  let number = 0;
  const out = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
    hash.update(bytes);
    progress.bytes += bytes.length;
    return bytes;
  };
  const frame = (kind: FrameKind, payload: Parameters<typeof encodeFrame>[2]): Uint8Array<ArrayBuffer> =>
    out(encodeFrame(kind, number++, payload, checksum));

  try {
    yield out(encodeSnapshotHeader(collections.length));
    for (const name of collections) {
      checkGoing(signal, progress);
      progress.collection = name;
      const opened = await source.exportOpen({ ...database, name });
      try {
        const { id: _, ...record } = opened.collection;
        yield frame('collection', encodeSnapshotCollection({ ...record, records: opened.records }));
        for await (const batch of batches(source, opened)) {
          checkGoing(signal, progress);
          progress.records += batch.ids.length;
          yield frame('records', encodeSnapshotRecords(batch));
          onProgress?.({ ...progress });
        }
      } finally {
        await source.exportClose({ exportId: opened.exportId }).catch(() => {
          // It has ended either way.
        });
      }
    }
    const digest = hash.digest();
    yield frame('end', { pieces: [digest], length: digest.length });
  } finally {
    await close?.();
  }
}

async function* batches(
  source: ExportSource,
  { exportId }: ExportOpenReply,
): AsyncGenerator<SnapshotRecords> {
  for (let row = 0; ;) {
    const { batch, next } = await source.exportRead({ exportId, row });
    if (!batch) return;
    yield batch as SnapshotRecords;
    row = next;
  }
}

function checkGoing(signal: AbortSignal | undefined, progress: ExportProgress): void {
  if (!signal?.aborted) return;
  throw kindexError('ABORTED', `The export was aborted after ${progress.records} records`, {
    details: { ...progress },
    cause: signal.reason,
  });
}

/** One piece per pull, so that nothing is made ahead of its reader. */
function streamOf(pieces: AsyncGenerator<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      async pull(controller) {
        const step = await pieces.next();
        if (step.done) controller.close();
        else controller.enqueue(step.value);
      },
      async cancel() {
        await pieces.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
