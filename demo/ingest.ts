/** Adds samples and files to the library, one job after the other, and tells how far each is. Draws nothing. */
import type { SourceDocument } from './documents.js';
import type { FoundFiles } from './files.js';
import type { Library } from './library.js';
import { UnreadableFile } from './readers/unreadable.js';

export type Stage = 'reading' | 'splitting' | 'embedding' | 'storing';

export interface JobProgress {
  label: string;
  stage: Stage;
  /** Documents read, of `total`. */
  read: number;
  total: number;
  /** Passages per stage so far. */
  split: number;
  embedded: number;
  stored: number;
  /** 0…1. */
  share: number;
}

export interface JobReport {
  label: string;
  documents: number;
  passages: number;
  problems: { path: string; reason: string }[];
  stopped: boolean;
}

export interface IngestOptions {
  library: Library;
  /** Hears of the running job; null when none runs. */
  onProgress: (progress: JobProgress | null) => void;
}

interface Job {
  label: string;
  total: number;
  problems: JobReport['problems'];
  documents(told: JobContext): AsyncIterable<SourceDocument>;
  /** Runs once all is stored, as the last part of the job. */
  finish?: () => Promise<void>;
}

interface JobContext {
  signal: AbortSignal;
  problems: JobReport['problems'];
  /** Documents read so far; a fraction while one is being read. */
  onRead(read: number): void;
}

export class Ingest {
  readonly #options: IngestOptions;
  #queue: Promise<unknown> = Promise.resolve();
  #running: AbortController | null = null;

  constructor(options: IngestOptions) {
    this.#options = options;
  }

  /** Stores the samples and notes that they are there. Rejects with what the store says. */
  addSamples(label: string, load: () => Promise<SourceDocument[]>): Promise<JobReport> {
    return this.#enqueue({
      label,
      total: 0,
      problems: [],
      finish: () => this.#options.library.markSamplesLoaded(),
      async *documents({ onRead }) {
        const documents = await load();
        this.total = documents.length;
        onRead(documents.length);
        yield* documents;
      },
    });
  }

  /** Reads and stores files; those that cannot be read are in the report with the reason. */
  addFiles(label: string, { files, refused }: FoundFiles): Promise<JobReport> {
    return this.#enqueue({
      label,
      total: files.length,
      problems: [...refused],
      async *documents({ signal, problems, onRead }) {
        // Loaded with the first files: nobody waits for the readers of formats before the first search.
        const { readFile } = await import('./readers/read-file.js');
        for (const [i, found] of files.entries()) {
          try {
            yield await readFile(found, { signal, onProgress: (share) => onRead(i + share) });
          } catch (error) {
            if (!(error instanceof UnreadableFile)) throw error;
            problems.push({ path: found.path, reason: error.message });
          }
          onRead(i + 1);
        }
      },
    });
  }

  /** Runs `task` after the jobs given so far; those given later wait for it. */
  afterwards(task: () => Promise<void>): Promise<void> {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  /** Ends the running job after its current batch; what it has stored stays. */
  stop(): void {
    this.#running?.abort();
  }

  #enqueue(job: Job): Promise<JobReport> {
    const result = this.#queue.then(() => this.#run(job));
    // The caller hears of a failure; the jobs behind it run all the same.
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #run(job: Job): Promise<JobReport> {
    const running = new AbortController();
    this.#running = running;
    const progress: JobProgress = {
      label: job.label,
      stage: 'reading',
      read: 0,
      total: job.total,
      split: 0,
      embedded: 0,
      stored: 0,
      share: 0,
    };
    const report: JobReport = {
      label: job.label,
      documents: 0,
      passages: 0,
      problems: job.problems,
      stopped: false,
    };
    const tell = (change: Partial<JobProgress>): void => {
      Object.assign(progress, change, { total: job.total });
      this.#options.onProgress({ ...progress });
    };
    tell({});
    try {
      const documents = job.documents({
        signal: running.signal,
        problems: report.problems,
        onRead: (read) => tell({ stage: 'reading', read: Math.floor(read) }),
      });
      const added = await this.#options.library.add(documents, {
        signal: running.signal,
        onProgress: ({ documents: done, ...counts }) =>
          tell({ ...counts, share: job.total === 0 ? 0 : done / job.total }),
        onProblem: (path, reason) => report.problems.push({ path, reason }),
      });
      report.documents = added.documents;
      report.passages = added.passages;
      await job.finish?.();
    } catch (error) {
      if (!running.signal.aborted) throw error;
      report.stopped = true;
      report.passages = progress.stored;
      report.documents = Math.floor(progress.share * job.total);
    } finally {
      this.#running = null;
      this.#options.onProgress(null);
    }
    return report;
  }
}
