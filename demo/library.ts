/** What the page has stored, by source document: adds, replaces, deletes and brings back. Draws nothing. */
import type { Metadata } from 'kindex';
import {
  passageId,
  parsePassageMetadata,
  type DocumentKind,
  type Origin,
  type Passage,
  type PassageMetadata,
  type SourceDocument,
} from './documents.js';
import { markSamplesLoaded, recreateEmpty, reopenEngine, type Engine } from './engine.js';
import { countOf } from './format.js';
import { UnreadableFile } from './readers/unreadable.js';
import { createPacer } from './slices.js';

/** Passages embedded and committed together: a search that comes in between waits for one batch at most. */
const BATCH = 64;

/** Records listed per call at the start. */
const PAGE = 2_000;

/** A private-use character: no vocabulary has it. All texts without a known word get the vector of this one. */
const UNKNOWN_TEXT = '\u{e000}';

export interface EmbeddedText {
  vector: number[];
  /** False where the vector says nothing about the text: another script, symbols only. */
  known: boolean;
}

export interface SourceEntry {
  path: string;
  title: string;
  folder: string;
  kind: DocumentKind;
  origin: Origin;
  /** Stored passages; their ids are path#0 … path#(passages − 1). */
  passages: number;
}

/** What listeners hear of: something was stored or deleted here, or the list was read from the store. */
export type Change = 'own' | 'read';

/** Counts of one run of `add`, by stage. */
export interface IngestProgress {
  stage: 'splitting' | 'embedding' | 'storing';
  /** Documents done, plus the share of the one being read. */
  documents: number;
  split: number;
  embedded: number;
  stored: number;
}

export interface AddOptions {
  signal?: AbortSignal;
  onProgress?: (progress: IngestProgress) => void;
  /** Hears of every document, or part of one, that could not be stored. */
  onProblem?: (path: string, reason: string) => void;
}

/** What a run of `add` has stored. */
export interface AddReport {
  documents: number;
  passages: number;
}

/** Everything needed to undo a deletion. */
export interface DeletedSource {
  entry: SourceEntry;
  ids: string[];
  embeddings: number[][];
  documents: string[];
  metadatas: (Metadata | null)[];
}

interface Piece {
  document: SourceDocument;
  passage: Passage;
}

/** One call of `add`: what it has counted so far. */
interface Run {
  progress: IngestProgress;
  report: AddReport;
  /** Passages of each document stored by this run; the next one gets this number as its part. */
  parts: Map<string, number>;
  /** Passages of each document that hold no word the model knows: they could never be found, so they are not stored. */
  unknown: Map<string, number>;
  tell(stage: IngestProgress['stage']): void;
}

export class Library {
  #engine: Engine;
  readonly #sources: Map<string, SourceEntry> = new Map();
  readonly #listeners: Set<(change: Change) => void> = new Set();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get engine(): Engine {
    return this.#engine;
  }

  get sources(): ReadonlyMap<string, SourceEntry> {
    return this.#sources;
  }

  /** `listener` runs after each change to what is known to be stored. */
  onChange(listener: (change: Change) => void): void {
    this.#listeners.add(listener);
  }

  /** Reads from the store which documents it holds. Must not run while documents are being added. */
  async loadSources(): Promise<void> {
    this.#sources.clear();
    for (let offset = 0; ; offset += PAGE) {
      const page = await this.#engine.collection.get({ include: ['metadatas'], limit: PAGE, offset });
      for (const metadata of page.metadatas) {
        const passage = parsePassageMetadata(metadata);
        if (passage) this.#note(passage);
      }
      if (page.ids.length < PAGE) break;
    }
    this.#changed('read');
  }

  /** As `loadSources`, for a store that another tab has changed. */
  async reload(): Promise<void> {
    this.#engine = await reopenEngine(this.#engine);
    await this.loadSources();
  }

  /**
   * Splits, embeds and stores documents, replacing those of the same path. Each batch is durable on its own: stopping
   * in between leaves whole passages, which can be searched.
   */
  async add(
    documents: Iterable<SourceDocument> | AsyncIterable<SourceDocument>,
    { signal, onProgress, onProblem }: AddOptions = {},
  ): Promise<AddReport> {
    const progress: IngestProgress = { stage: 'splitting', documents: 0, split: 0, embedded: 0, stored: 0 };
    const run: Run = {
      progress,
      report: { documents: 0, passages: 0 },
      parts: new Map(),
      unknown: new Map(),
      tell(stage) {
        progress.stage = stage;
        onProgress?.({ ...progress });
      },
    };
    const pace = createPacer();
    let batch: Piece[] = [];
    const flush = async (): Promise<void> => {
      const pieces = batch;
      batch = [];
      if (pieces.length > 0) await this.#store(pieces, run);
      signal?.throwIfAborted();
    };
    let done = 0;
    for await (const document of documents) {
      signal?.throwIfAborted();
      const before = this.#sources.get(document.path)?.passages ?? 0;
      let characters = 0;
      let passages = 0;
      try {
        for (const passage of document.passages) {
          batch.push({ document, passage });
          passages++;
          progress.split++;
          characters += passage.text.length;
          if (batch.length >= BATCH) {
            progress.documents = done + Math.min(1, characters / document.characters);
            await flush();
          }
          await pace();
        }
        if (passages === 0) onProblem?.(document.path, 'It holds no text.');
      } catch (error) {
        if (!(error instanceof UnreadableFile)) throw error;
        const kept = passages === 0 ? '' : ` The ${countOf(passages, 'passage')} before that are kept.`;
        onProblem?.(document.path, `${error.message}${kept}`);
      }
      if (before > 0) {
        await flush();
        await this.#removeParts(document.path, run.parts.get(document.path) ?? 0, before);
      }
      progress.documents = ++done;
      run.tell('splitting');
    }
    await flush();
    for (const [path, passages] of run.unknown) {
      onProblem?.(
        path,
        `${countOf(passages, 'passage')} left out: no word in them is known to the model, which reads English.`,
      );
    }
    run.report.documents = run.parts.size;
    this.#changed('own');
    return run.report;
  }

  /** One vector per text, and whether any word of it is known to the model. */
  async embed(texts: readonly string[]): Promise<EmbeddedText[]> {
    const { embeddingFunction } = this.#engine.collection;
    if (!embeddingFunction) throw new Error('The library has no embedding function.');
    const vectors = await embeddingFunction.generate([...texts, UNKNOWN_TEXT]);
    const unknown = vectors.at(-1) ?? [];
    return vectors
      .slice(0, -1)
      .map((vector) => ({ vector, known: vector.some((component, i) => component !== unknown[i]) }));
  }

  async markSamplesLoaded(): Promise<void> {
    await markSamplesLoaded(this.#engine);
  }

  /** Deletes a document with all its passages; what comes back can restore it. Null where nothing of that path is stored. */
  async delete(path: string): Promise<DeletedSource | null> {
    const entry = this.#sources.get(path);
    if (!entry) return null;
    const ids = Array.from({ length: entry.passages }, (_, part) => passageId(path, part));
    const kept = await this.#engine.collection.get({
      ids,
      include: ['embeddings', 'documents', 'metadatas'],
    });
    await this.#engine.collection.delete({ ids });
    this.#sources.delete(path);
    this.#changed('own');
    return {
      entry,
      ids: kept.ids,
      embeddings: kept.embeddings,
      documents: kept.documents.map((document) => document ?? ''),
      metadatas: kept.metadatas,
    };
  }

  /** Stores a deleted document again, as it was. */
  async restore(deleted: DeletedSource): Promise<void> {
    const { entry, ids, embeddings, documents, metadatas } = deleted;
    await this.#engine.collection.upsert({
      ids,
      embeddings,
      documents,
      metadatas,
    });
    this.#sources.set(entry.path, entry);
    this.#changed('own');
  }

  /** Empties the library. Handles on its former collection are void. */
  async deleteAll(): Promise<void> {
    this.#engine = await recreateEmpty(this.#engine);
    this.#sources.clear();
    this.#changed('own');
  }

  async #store(pieces: Piece[], run: Run): Promise<void> {
    run.tell('embedding');
    const embedded = await this.embed(pieces.map(contextOf));
    run.progress.embedded += pieces.length;
    run.tell('storing');

    const embeddings: number[][] = [];
    const documents: string[] = [];
    const metadatas: PassageMetadata[] = [];
    pieces.forEach(({ document, passage }, i) => {
      const { vector = [], known = false } = embedded[i] ?? {};
      if (!known) {
        run.unknown.set(document.path, (run.unknown.get(document.path) ?? 0) + 1);
        return;
      }
      const part = run.parts.get(document.path) ?? 0;
      run.parts.set(document.path, part + 1);
      embeddings.push(vector);
      documents.push(passage.text);
      metadatas.push(metadataOf(document, passage, part));
    });
    if (metadatas.length > 0) {
      const ids = metadatas.map(({ path, part }) => passageId(path, part));
      await this.#engine.collection.upsert({
        ids,
        embeddings,
        documents,
        metadatas: metadatas.map(withNulls),
      });
    }
    for (const metadata of metadatas) this.#note(metadata);
    run.progress.stored += pieces.length;
    run.report.passages += metadatas.length;
    run.tell('storing');
    this.#changed('own');
  }

  /** Takes away what an earlier, longer version of the document has left. */
  async #removeParts(path: string, from: number, to: number): Promise<void> {
    if (from >= to) return;
    await this.#engine.collection.delete({
      ids: Array.from({ length: to - from }, (_, i) => passageId(path, from + i)),
    });
    const entry = this.#sources.get(path);
    if (!entry) return;
    if (from === 0) this.#sources.delete(path);
    else entry.passages = from;
  }

  #note(metadata: PassageMetadata): void {
    const { path, title, kind, origin, folder = '', part } = metadata;
    const passages = Math.max(this.#sources.get(path)?.passages ?? 0, part + 1);
    this.#sources.set(path, { path, title, kind, origin, folder, passages });
  }

  #changed(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** A passage is embedded together with what it stands under: alone, "Preheat to 220 °C" says little of bread. */
function contextOf({ document, passage }: Piece): string {
  return [document.title, document.context, passage.heading, passage.text]
    .filter((part) => part !== '')
    .join('\n');
}

function metadataOf(document: SourceDocument, passage: Passage, part: number): PassageMetadata {
  const { path, title, kind, origin, folder } = document;
  return {
    path,
    title,
    kind,
    origin,
    part,
    ...(folder === '' ? {} : { folder }),
    ...(passage.heading === '' ? {} : { heading: passage.heading }),
  };
}

/** Upsert merges metadata by key: null takes away what an earlier version of the passage had. */
function withNulls(metadata: PassageMetadata): Record<string, string | number | null> {
  return { folder: null, heading: null, ...metadata };
}
