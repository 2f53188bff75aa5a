/**
 * Where browsers keep a mark: a file of the origin's private file system, or an entry of the Cache API. Both need a secure
 * context. The file comes first, because pages delete caches they do not know; WebKit without sync access handles and
 * `createWritable` takes the cache.
 */
import { createStoreMarker } from './marker.js';
import type { MarkPlace, StoreMarker } from './marker.js';

const FOLDER = 'kindex-marks';

/** One sector: written in place, it is there whole or not at all. */
const FILE_BYTES = 512;

/**
 * What is written between being found and being read cannot be read: an owner that ends writes its last mark while the next one
 * looks for it, and who took that for no mark would take the store for a new one. Marks are written 200 ms apart.
 */
const READS = 40;
const READ_PAUSE_MS = 10;

/** The mark of the storage `name`, e.g. `indexeddb:kindex`. Nothing is touched before its first call. */
export function createBrowserMarker(name: string): StoreMarker {
  return createStoreMarker([filePlace(name), cachePlace(name)]);
}

/** TypeScript knows sync access handles in its worker library only. */
interface SyncHandle {
  write(bytes: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
}

function filePlace(name: string): MarkPlace {
  const folder = async (): Promise<FileSystemDirectoryHandle> =>
    (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
  return {
    kind: 'opfs',
    async read() {
      const file = await fileName(name);
      for (let read = 1; ; read++) {
        const handle = await (await folder()).getFileHandle(file).catch((error: unknown) => {
          if ((error as Error).name === 'NotFoundError') return null;
          throw error;
        });
        if (handle === null) return null;
        try {
          return await (await handle.getFile()).text();
        } catch {
          // Changed meanwhile, or replaced. One that stays unreadable proves that there was a store.
          if (read === READS) return '';
          await new Promise((resolve) => setTimeout(resolve, READ_PAUSE_MS));
        }
      }
    },
    async write(text) {
      const handle = (await (
        await folder()
      ).getFileHandle(await fileName(name), { create: true })) as FileSystemFileHandle & {
        createSyncAccessHandle?: () => Promise<SyncHandle>;
      };
      const bytes = new TextEncoder().encode(text.padEnd(FILE_BYTES));
      if (handle.createSyncAccessHandle === undefined) {
        const stream = await handle.createWritable();
        await stream.write(bytes);
        await stream.close();
        return;
      }
      // Held no longer than the write takes: a second holder is refused, and some browsers let go late.
      const access = await handle.createSyncAccessHandle();
      try {
        access.write(bytes, { at: 0 });
        access.flush();
      } finally {
        access.close();
      }
    },
    async remove() {
      await (await folder()).removeEntry(await fileName(name));
    },
  };
}

function cachePlace(name: string): MarkPlace {
  // Never fetched: the address only names the entry.
  const address = async (): Promise<string> => `https://kindex.invalid/${await fileName(name)}`;
  return {
    kind: 'cache',
    async read() {
      const found = await (await caches.open(FOLDER)).match(await address());
      return found === undefined ? null : found.text();
    },
    async write(text) {
      await (await caches.open(FOLDER)).put(await address(), new Response(text));
    },
    async remove() {
      await (await caches.open(FOLDER)).delete(await address());
    },
  };
}

/** Of any storage name: names may be longer than file names may, and hold any character. */
async function fileName(name: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(name));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
