/** Room on the disk: what private files say of it, when they are asked, and that nobody who cannot say holds up a store. */
import { describe, expect, test, vi } from 'vitest';
import { type FakeDisk, fakeDisk } from './fixtures/fake-disk.js';
import { DiskRoom, type DiskRoomOptions, ROOM_FILE } from './disk-room.js';

const MIB = 1024 ** 2;
const CHROMIUM =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

function room(disk: FakeDisk, options: DiskRoomOptions = {}): DiskRoom {
  return new DiskRoom('indexeddb:notes', {
    storage: disk.storage,
    userAgent: CHROMIUM,
    bytes: 4 * MIB,
    ...options,
  });
}

/** A lock that somebody else has. */
function heldLock(): { locks: LockManager; letGo: () => void } {
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const locks = {
    async request(name: string, { signal }: LockOptions, work: () => unknown) {
      expect(name).toBe(ROOM_FILE);
      await Promise.race([
        held,
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
      ]);
      return work();
    },
  };
  return { locks: locks as unknown as LockManager, letGo };
}

const NO_ROOM = {
  code: 'STORAGE_QUOTA',
  details: { storage: 'indexeddb:notes', doing: 'open', neededBytes: 4 * MIB },
};

describe('S64 room on the disk', () => {
  test.each([4 * MIB, 100 * MIB])(
    'of %i bytes, asked for 4 MiB: it passes, and leaves nothing',
    async (bytes) => {
      const disk = fakeDisk(bytes);
      const asked = room(disk);
      asked.suspect();
      await asked.check();
      expect(disk).toMatchObject({ written: 4 * MIB, size: 0, open: 0 });
      expect(disk.files).toEqual(new Set());
    },
  );

  test.each([4 * MIB - 1, 1, 0])(
    'of %i bytes, asked for 4 MiB: STORAGE_QUOTA, and an empty file tells the next',
    async (bytes) => {
      const disk = fakeDisk(bytes);
      const asked = room(disk);
      asked.suspect();
      await expect(asked.check()).rejects.toMatchObject(NO_ROOM);
      expect(disk).toMatchObject({ size: 0, open: 0 });
      expect(disk.files).toEqual(new Set([ROOM_FILE]));
      // Another worker, which has seen nothing of it.
      await expect(room(disk).check()).rejects.toMatchObject(NO_ROOM);
      disk.room = 4 * MIB;
      await room(disk).check();
      expect(disk.files).toEqual(new Set());
    },
  );

  test('is not asked for without a reason, and once where there is one', async () => {
    const disk = fakeDisk(0);
    const asked = room(disk);
    await asked.check();
    expect(disk.files).toEqual(new Set());
    disk.room = 4 * MIB;
    asked.suspect();
    await asked.check();
    disk.room = 0;
    await asked.check();
    expect(disk.written).toBe(4 * MIB);
  });

  test('is asked for at most four times a second', async () => {
    const disk = fakeDisk(0);
    const asked = room(disk);
    asked.suspect();
    const now = vi.spyOn(performance, 'now').mockReturnValue(1_000);
    try {
      await expect(asked.check()).rejects.toMatchObject(NO_ROOM);
      disk.room = 4 * MIB;
      now.mockReturnValue(1_249);
      await expect(asked.check()).rejects.toMatchObject(NO_ROOM);
      now.mockReturnValue(1_250);
      await asked.check();
    } finally {
      now.mockRestore();
    }
  });

  test('a quota that is used up is no full disk: deletes must be stored then', async () => {
    const disk = fakeDisk(0);
    disk.quota = 4 * MIB - 1;
    const asked = room(disk);
    asked.suspect();
    await asked.check();
    expect(disk.files).toEqual(new Set());
  });

  test('a disk that has no place for the file itself is full', async () => {
    const disk = fakeDisk(0);
    disk.creates = false;
    const asked = room(disk);
    asked.suspect();
    await expect(asked.check()).rejects.toMatchObject(NO_ROOM);
  });

  test('waits for whoever is asking, and passes where that does not end', async () => {
    const disk = fakeDisk(0);
    const { locks, letGo } = heldLock();
    const asked = room(disk, { locks });
    asked.suspect();
    const checking = asked.check();
    const late = room(disk, { locks, patienceMs: 20 });
    late.suspect();
    await late.check();
    expect(disk.files).toEqual(new Set());
    letGo();
    await expect(checking).rejects.toMatchObject(NO_ROOM);
  });

  test('somebody else who has the file open says nothing', async () => {
    const disk = fakeDisk(0);
    disk.locked = true;
    const asked = room(disk);
    asked.suspect();
    await asked.check();
  });

  test('passes in other engines, which are left alone, and without private files', async () => {
    const disk = fakeDisk(0);
    disk.files.add(ROOM_FILE);
    const firefox = room(disk, { userAgent: FIREFOX });
    firefox.suspect();
    await firefox.check();
    expect(disk.files).toEqual(new Set([ROOM_FILE]));
    for (const storage of [undefined, {} as StorageManager]) {
      const none = new DiskRoom('indexeddb:notes', { storage, userAgent: CHROMIUM });
      none.suspect();
      await none.check();
    }
  });
});
