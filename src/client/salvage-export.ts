/** An export of a store that does not open: what of it is proved whole, and what is missing. Loaded when it is asked for. */
import { ChromaError, kindexError } from '../base/errors.js';
import type {
  DatabaseRef,
  SalvagedCollection,
  SalvageNote,
  SalvageOpenReply,
  SetAsideRecord,
  StoreService,
} from '../rpc/service.js';

/** What an export reads from. */
export type ExportSource = Pick<StoreService, 'exportOpen' | 'exportRead' | 'exportClose'>;

/** What is in a salvage, and what is not. */
export interface SalvageReport {
  /** False: the store opens, and this is the export it always gives. */
  needed: boolean;
  collections: SalvagedPart[];
  /** What is damaged or missing, in words. */
  missing: SalvageNote[];
}

export interface SalvagedPart {
  name: string;
  /** Records that are there and whole. */
  records: number;
  /** Records that miss a part, or may: they are not in the snapshot. */
  incomplete: number;
  /** Of those, as far as they are known; at most 1,000. */
  ids: string[];
  /** False: name, metadata and configuration are lost. The name is made up, and the rest as for a new collection. */
  described: boolean;
  /** True: which records were deleted is lost, so that some of them may be in the snapshot. */
  deletionsLost: boolean;
}

export interface Salvaged {
  source: ExportSource;
  /** Of the collections there are. */
  names: string[];
  report: SalvageReport;
  /** Gives up what is held for the source; it is begun again when it is read again. */
  close(): Promise<void>;
}

const LISTED_IDS = 1_000;

/** Null for a store that opens. @throws why it does not open, when nothing is left or that is no damage · FORMAT_TOO_NEW */
export async function salvage(store: StoreService, database: DatabaseRef): Promise<Salvaged | null> {
  try {
    await store.diagnostics();
    return null;
  } catch (error) {
    if (!(error instanceof ChromaError) || !['FORMAT_CORRUPT', 'STORAGE_FAILED'].includes(error.code))
      throw error;
    return fromDamaged(store, { database, cause: error });
  }
}

/** As `SalvageReport` of a store that opens: records set aside, and what opening found. */
export async function reportOfOpen(
  store: StoreService,
  database: DatabaseRef,
  names: readonly string[],
): Promise<SalvageReport> {
  const { damage } = await store.diagnostics();
  const { collections } = await store.report();
  const aside = await allSetAside(store);
  const here = collections.filter(
    (each) => each.tenant === database.tenant && each.database === database.database,
  );
  return {
    needed: false,
    collections: names.map((name) => {
      const found = here.find((each) => each.name === name);
      const missing = aside.filter(({ collectionId }) => collectionId === found?.id);
      return {
        name,
        records: found?.records ?? 0,
        incomplete: missing.length,
        ids: missing.flatMap(({ id }) => (id === null ? [] : [id])).slice(0, LISTED_IDS),
        described: true,
        deletionsLost: false,
      };
    }),
    missing: damage.map(({ message, details }) => ({ message, details })),
  };
}

async function allSetAside(store: StoreService): Promise<SetAsideRecord[]> {
  const all: SetAsideRecord[] = [];
  for (;;) {
    const some = await store.listSetAside({ limit: LISTED_IDS, offset: all.length });
    all.push(...some);
    if (some.length < LISTED_IDS) return all;
  }
}

async function fromDamaged(
  store: StoreService,
  { database, cause }: { database: DatabaseRef; cause: ChromaError },
): Promise<Salvaged> {
  const id = crypto.randomUUID();
  const begin = async (): Promise<SalvageOpenReply> => store.salvage({ step: 'open', id, ...database });
  const close = async (): Promise<void> => {
    opened = null;
    await store.salvage({ step: 'close', id }).catch(() => {
      // It has ended either way.
    });
  };
  let opened: Promise<SalvageOpenReply> | null = begin();
  const { collections, missing } = await opened;
  if (collections.every(({ records, described }) => records === 0 && !described)) {
    await close();
    throw kindexError(cause.code, `Nothing is left that could be exported. ${cause.message}`, {
      fix: 'Restore from an export; reset() begins a new store.',
      details: { ...cause.details, missing: missing.length },
      cause,
    });
  }
  const parts = named(collections);
  return {
    names: [...parts.keys()],
    report: { needed: true, collections: [...parts].map(([name, each]) => partOf(name, each)), missing },
    close,
    source: {
      async exportOpen(ref) {
        await (opened ??= begin());
        const name = 'name' in ref ? ref.name : '';
        const { collection, records } = parts.get(name)!;
        return { exportId: collection.id, collection: { ...collection, name }, records };
      },
      exportRead: ({ exportId, row }) => store.salvage({ step: 'read', id, collectionId: exportId, row }),
      exportClose: async () => {},
    },
  };
}

function partOf(
  name: string,
  { records, incomplete, ids, described, deletionsLost }: SalvagedCollection,
): SalvagedPart {
  return { name, records, incomplete, ids, described, deletionsLost };
}

/** Each under a name of its own. Those of which neither a record nor the name is left are passed over: `missing` tells of them. */
function named(collections: readonly SalvagedCollection[]): Map<string, SalvagedCollection> {
  const parts = new Map<string, SalvagedCollection>();
  for (const each of collections) {
    const { name, id } = each.collection;
    if (!each.described && each.records === 0) continue;
    parts.set(parts.has(name) ? `${name.slice(0, 400)}-${id}` : name, each);
  }
  return parts;
}
