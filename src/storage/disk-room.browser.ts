/** The disk of this machine, asked by the platform's own private files. */
import { expect, test } from 'vitest';
import { DiskRoom } from './disk-room.js';

const SCRIPT = `
onmessage = ({ data }) => answer(data).then(postMessage, (error) => postMessage({ error: String(error) }));
async function answer(code) {
  const { DiskRoom, ROOM_FILE } = await import(code);
  const folder = await navigator.storage.getDirectory();
  // As one that found no room has left it.
  await folder.getFileHandle(ROOM_FILE, { create: true });
  await Promise.all(Array.from({ length: 16 }, (_, i) => {
    const room = new DiskRoom('room ' + i);
    if (i % 2 === 0) room.suspect();
    return room.check();
  }));
  const names = [];
  for await (const name of folder.keys()) names.push(name);
  return { isLeft: names.includes(ROOM_FILE) };
}`;

test('S64 a disk with room has room, for many that ask at once too, and no file is left', async () => {
  const url = URL.createObjectURL(new Blob([SCRIPT], { type: 'text/javascript' }));
  const worker = new Worker(url, { type: 'module' });
  const answer = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
  });
  worker.postMessage(new URL('./disk-room.ts', import.meta.url).href);
  expect(await answer).toEqual({ isLeft: false });
  worker.terminate();
  URL.revokeObjectURL(url);
});

test('S64 where only workers may ask, a page goes on as always', async () => {
  const room = new DiskRoom('a');
  room.suspect();
  await room.check();
});
