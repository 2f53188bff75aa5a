/**
 * The mark: a few numbers about a store, kept outside its database. A browser that loses a database gives an empty one in its
 * place without a word, or an older state of it; the mark is what tells that from a store that is new (SPEC.md S50).
 */

/** What is remembered of a store. All numbers only ever grow while the store lives. */
export interface Mark {
  uuid: string;
  epoch: number;
  /** Of the last log row that was durable. */
  lastSeq: number;
  /** Of the last checkpoint; 0: none. */
  generation: number;
  /** Records at that time, for the message alone. */
  records: number;
}

/** What was found; `mark` is null where something lies that cannot be read. It proves all the same that there was a store. */
export interface FoundMark {
  mark: Mark | null;
}

/** Somewhere a short text can be kept. Every method may reject: then the next place is tried. */
export interface MarkPlace {
  readonly kind: string;
  read(): Promise<string | null>;
  write(text: string): Promise<void>;
  remove(): Promise<void>;
}

export interface StoreMarker {
  /** Where the mark is kept; null: nowhere, as long as no place has worked. */
  readonly place: string | null;
  /** Null: there is no mark, and this page has written none. Never rejects. */
  read(): Promise<FoundMark | null>;
  /** @throws what the last place threw, when none takes it */
  write(mark: Mark): Promise<void>;
  /** From every place. Never rejects. */
  remove(): Promise<void>;
}

/** A place that has not answered by then counts as none. Measured answers take under 0.05 s. */
const PLACE_MS = 5_000;

/** The mark in the first of `places` that works; all of them are read, since another one may have worked before. */
export function createStoreMarker(places: readonly MarkPlace[], placeMs: number = PLACE_MS): StoreMarker {
  let place: string | null = null;
  // Who deletes the site's data while it is open takes both: this page still knows.
  let written: Mark | null = null;
  return {
    get place() {
      return place;
    },
    async read() {
      place = null;
      let found: FoundMark | null = null;
      const texts = await Promise.allSettled(
        places.map(async (each) => ({ kind: each.kind, text: await within(placeMs, each.read()) })),
      );
      for (const read of texts) {
        // Not available here, or not now: the next place.
        if (read.status === 'rejected') continue;
        const { kind, text } = read.value;
        place ??= kind;
        if (text !== null) found = newer(found, { mark: decodeMark(text) });
      }
      return found ?? (written && { mark: written });
    },
    async write(mark) {
      written = mark;
      let failure: unknown = new Error('There is no place for a mark here.');
      for (const each of places) {
        try {
          await within(placeMs, each.write(encodeMark(mark)));
          place = each.kind;
          return;
        } catch (error) {
          failure = error;
        }
      }
      place = null;
      throw failure;
    },
    async remove() {
      written = null;
      await Promise.allSettled(places.map((each) => within(placeMs, each.remove())));
    },
  };
}

/** `marker`, the first reading of which begins now: whoever asks gets that one. */
export function readAhead(marker: StoreMarker): StoreMarker {
  let ahead: Promise<FoundMark | null> | null = marker.read();
  return {
    get place() {
      return marker.place;
    },
    async read() {
      const reading = ahead ?? marker.read();
      ahead = null;
      return reading;
    },
    write: (mark) => marker.write(mark),
    remove: () => marker.remove(),
  };
}

function newer(a: FoundMark | null, b: FoundMark): FoundMark {
  if (!a?.mark) return b;
  return b.mark && b.mark.epoch > a.mark.epoch ? b : a;
}

const FORM = /^kindex-mark 1 (?<json>\{.*\}) (?<sum>[0-9a-f]{8}) *$/;

export function encodeMark({ uuid, epoch, lastSeq, generation, records }: Mark): string {
  const json = JSON.stringify({ uuid, epoch, lastSeq, generation, records });
  return `kindex-mark 1 ${json} ${sum(json)}`;
}

/** Null for anything but a whole mark: half of one must not be taken for numbers. */
export function decodeMark(text: string): Mark | null {
  const { json, sum: told } = FORM.exec(text)?.groups ?? {};
  if (json === undefined || sum(json) !== told) return null;
  return JSON.parse(json) as Mark;
}

/** FNV-1a: there is no core here yet, and what it guards against is a torn write. */
function sum(text: string): string {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
