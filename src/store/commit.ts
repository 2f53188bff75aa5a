/** Group commit: operations that wait together share one transaction, and memory changes only after it is durable (SPEC.md S1–S3). */
import { asKindexError, ChromaError, kindexError } from '../base/errors.js';
import type { RequestId } from '../base/types.js';
import type { LogEntry, LoggedEntry } from '../format/entry.js';
import type { StoredRequest } from '../format/requests.js';
import type { StoreChange } from '../rpc/feed.js';
import { changesOf } from './changes.js';
import { Group } from './group.js';
import { isShortage } from './room.js';
import type { Room } from './room.js';
import type { Durability, WriteLog } from './write-log.js';

/** One transaction holds no more, unless a single operation does. */
const MAX_GROUP_BYTES = 1024 * 1024;
const MAX_GROUP_OPERATIONS = 512;

export interface Effect<T> {
  /** Null: there is nothing to store. */
  entry: LogEntry | null;
  /** What the log keeps of the reply, for a request that is sent again: equal to what `apply` returns. Default: nothing. */
  reply?: T;
  /** Stored before `entry`, in the same transaction. */
  before?: LogEntry[];
  /** Changes memory; runs once, after the entry is durable. Must not fail. */
  apply(): T;
  /** Frees what was made ready, when the entry could not be stored. Must not fail. */
  abandon?(): void;
}

export interface Operation<T> {
  /** What it is, for the error of a fault that should not happen. */
  readonly name: string;
  /** A guess of what it will store. */
  readonly sizeBytes: number;
  /** `relaxed`: acknowledged when handed over, if all of its group are. Default: the store's. */
  readonly durability?: Durability | undefined;
  /** Resolves when `resolve` may be called, never rejects; whatever is submitted later waits too. Default: at once. */
  readonly ready?: Promise<void>;
  /**
   * Decides the effect on the present state, given what `group` already holds; changes nothing but the group's
   * reservations. `'later'`: it depends on something in the group and must come in the next one; never for an empty group.
   * Throws what the caller is to get.
   */
  resolve(group: Group): Effect<T> | 'later';
}

/** An operation that depends on everything before it and that nothing may join: alone in its transaction. */
export function exclusive<T>(name: string, resolve: () => Effect<T>): Operation<T> {
  return {
    name,
    sizeBytes: 0,
    resolve(group) {
      if (!group.empty) return 'later';
      group.closed = true;
      return resolve();
    },
  };
}

/**
 * An operation whose code is loaded when it is asked for, as that of what is seldom done. It keeps its place in the queue. Where
 * loading fails, the caller gets that error.
 */
export function onDemand<T>(name: string, load: () => Promise<Operation<T>>): Operation<T> {
  let operation: Operation<T> | undefined;
  let failure: unknown;
  const ready = load().then(
    (loaded) => void (operation = loaded),
    (error: unknown) => void (failure = error),
  );
  return {
    name,
    ready,
    get sizeBytes(): number {
      return operation?.sizeBytes ?? 0;
    },
    get durability(): Durability | undefined {
      return operation?.durability;
    },
    resolve(group) {
      if (!operation) throw failure;
      return operation.resolve(group);
    },
  };
}

interface Waiting {
  operation: Operation<unknown>;
  request: RequestId | undefined;
  resolve(value: unknown): void;
  reject(error: ChromaError): void;
}

interface Member {
  waiting: Waiting;
  effect: Effect<unknown>;
  /** What the log tells of the request; null when there is none, or nothing to store. */
  request: StoredRequest | null;
}

export class CommitQueue {
  readonly #log: WriteLog;
  readonly #noteRequest: (request: StoredRequest) => void;
  /** Hears of each commit, once memory has followed it. Must not throw. */
  onCommit: ((commit: number, changes: StoreChange[]) => void) | null = null;
  /** Asked for its reserve where a delete finds no room, and told when there is none, and when there is. */
  room: Room | null = null;
  #waiting: Waiting[] = [];
  #running: Promise<void> | null = null;
  #commits = 0;
  #failure: ChromaError | null = null;

  /** `noteRequest` hears of each request that has become durable, at the moment memory changes. */
  constructor(log: WriteLog, noteRequest: (request: StoredRequest) => void = () => {}) {
    this.#log = log;
    this.#noteRequest = noteRequest;
  }

  /** Transactions committed so far. */
  get commits(): number {
    return this.#commits;
  }

  /** Why nothing may be written, or read, any more. */
  get failure(): ChromaError | null {
    return this.#failure;
  }

  /** Nothing may be written, or read, from here on: the storage is no longer this owner's. */
  end(error: ChromaError): void {
    this.#failure ??= error;
  }

  /** For what is committed beside the queue: throws `error`, and ends the queue where the storage is no longer this owner's. */
  failWith(error: unknown): never {
    if (isEnd(error)) this.end(error);
    throw error;
  }

  /** Resolves once the operation is durable and in memory. Operations take effect in the order they are submitted. */
  submit<T>(operation: Operation<T>, request?: RequestId): Promise<T> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ operation, request, resolve, reject });
      // One microtask later: whatever else this turn submits joins the group.
      this.#running ??= Promise.resolve().then(() => this.#run());
    });
  }

  /** Resolves when nothing waits and nothing runs. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const { ready } = this.#waiting[0]!.operation;
      if (ready) await ready;
      const members: Member[] = [];
      const taken = this.#form(members);
      this.#waiting.splice(0, taken);
      await this.#commit(members);
    }
    this.#running = null;
  }

  /** Moves operations from the front of the queue into one group while they fit; returns how many have left the queue. */
  #form(members: Member[]): number {
    const group = new Group();
    let bytes = 0;
    let taken = 0;
    for (const waiting of this.#waiting) {
      if (taken > 0 && waiting.operation.ready) break;
      const { sizeBytes } = waiting.operation;
      const full = members.length === MAX_GROUP_OPERATIONS || bytes + sizeBytes > MAX_GROUP_BYTES;
      if (group.closed || (members.length > 0 && full)) break;
      const effect = this.#resolve(group, waiting);
      if (effect === 'later') break;
      taken += 1;
      if (effect === null) continue;
      members.push(memberOf(waiting, effect));
      bytes += sizeBytes;
    }
    return taken;
  }

  /** Null when the operation is answered already, with an error. */
  #resolve(group: Group, { operation, reject }: Waiting): Effect<unknown> | 'later' | null {
    if (this.#failure) {
      reject(this.#failure);
      return null;
    }
    try {
      const effect = operation.resolve(group);
      // An operation that can never be resolved would stop the queue for ever.
      if (effect === 'later' && group.empty) throw new Error(`${operation.name} waits for an empty group`);
      return effect;
    } catch (error) {
      reject(asKindexError(error, operation.name));
      return null;
    }
  }

  async #commit(members: Member[]): Promise<void> {
    const entries = members.flatMap(entriesOf);
    if (entries.length > 0) {
      try {
        await this.#append(members, entries);
        this.#commits += 1;
      } catch (error) {
        await this.#fail(members, asKindexError(error, 'commit'));
        return;
      }
    }
    this.#apply(members);
    if (entries.length > 0) this.onCommit?.(this.#commits, changesOf(entries.map(({ entry }) => entry)));
  }

  async #append(members: Member[], entries: LoggedEntry[]): Promise<void> {
    const asked = new Set(members.map(({ waiting }) => waiting.operation.durability ?? this.#log.durability));
    const options = { durability: asked.has('strict') ? 'strict' : 'relaxed' } as const;
    const append = (): Promise<void> => this.#log.append(entries, options);
    const frees = entries.every(({ entry }) => FREEING.has(entry.op));
    if (frees && members.length === 1 && this.room) {
      await this.room.spending(append);
      return;
    }
    try {
      await append();
      if (!frees) this.room?.noteRoom();
    } catch (error) {
      if (isShortage(error)) this.room?.noteShortage(error);
      throw error;
    }
  }

  #apply(members: Member[]): void {
    for (const { waiting, effect, request } of members) {
      if (request) this.#noteRequest(request);
      // Memory is not to be used any more, or what was stored has been deleted since.
      if (this.#failure && !isConnectionEnd(this.#failure)) {
        waiting.reject(this.#failure);
        continue;
      }
      try {
        waiting.resolve(effect.apply());
      } catch (error) {
        // Stored but not in memory: what memory says from here on would be wrong.
        this.#failure = kindexError(
          'RUNTIME_INTERNAL',
          `What ${waiting.operation.name} wrote is stored, but memory could not follow: ${String(error)}.`,
          { fix: 'Open the store again; it reads what is stored.', cause: error },
        );
        waiting.reject(this.#failure);
      }
    }
  }

  /** Nothing of the group was stored, and memory is as before: its reservations are gone with it. */
  async #fail(members: Member[], error: ChromaError): Promise<void> {
    for (const { effect } of members) effect.abandon?.();
    if (isEnd(error)) this.#failure = error;
    if (!isShortage(error) || members.length === 1) {
      for (const { waiting } of members) waiting.reject(error);
      return;
    }
    // Together they do not fit; small ones may. Each is resolved anew, because those before it may have failed.
    for (const { waiting } of members) {
      const effect = this.#resolve(new Group(), waiting);
      if (effect !== null && effect !== 'later') await this.#commit([memberOf(waiting, effect)]);
    }
  }
}

/** What leaves less to store, in the end. */
const FREEING: ReadonlySet<LogEntry['op']> = new Set([
  'deleteRows',
  'deleteCollection',
  'deleteDatabase',
  'reset',
]);

/** The connection ended, the data stays: what was stored before is stored. */
function isConnectionEnd({ code, details }: ChromaError): boolean {
  return code === 'STORAGE_LOST' && (details['reason'] === 'closed' || details['reason'] === 'upgrade');
}

/** The storage is another owner's, or gone. */
function isEnd(error: unknown): error is ChromaError {
  return error instanceof ChromaError && ['STORAGE_FENCED', 'STORAGE_LOST'].includes(error.code);
}

function memberOf(waiting: Waiting, effect: Effect<unknown>): Member {
  const { request } = waiting;
  if (!request || effect.entry === null) return { waiting, effect, request: null };
  const { client, n, answered } = request;
  // JSON has no word for "nothing"; the empty text is none of its values.
  const reply = effect.reply === undefined ? '' : JSON.stringify(effect.reply);
  return { waiting, effect, request: { client, n, answered, reply } };
}

function entriesOf({ effect: { entry, before = [] }, request }: Member): LoggedEntry[] {
  if (entry === null) return [];
  return [...before.map((each) => ({ entry: each, request: null })), { entry, request }];
}
