/** The static server gives out files of its folder with the right headers, and nothing else. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serve, STRICT_CSP } from './serve.mjs';

/** @type {string} */
let folder;
/** @type {import('./serve.mjs').StaticServer} */
let server;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kindex-serve-'));
  mkdirSync(join(folder, 'site'));
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'site', 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'site', 'core.wasm'), new Uint8Array([0, 97, 115, 109]));
  server = await serve({ root: join(folder, 'site'), base: '/app/' });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a folder is its index.html, under the policy', async () => {
  const response = await fetch(server.url);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('content-security-policy')).toBe(STRICT_CSP);
  expect(await response.text()).toBe('<!doctype html>');
});

test('wasm has the type that streaming compilation asks for', async () => {
  const response = await fetch(`${server.url}core.wasm?query`);
  expect(response.headers.get('content-type')).toBe('application/wasm');
  expect((await response.arrayBuffer()).byteLength).toBe(4);
});

test.each([
  '/',
  '/core.wasm',
  '/app/missing.js',
  '/app/../secret.txt',
  '/app/%2e%2e/secret.txt',
  '/app/..%2fsecret.txt',
  '/app/%',
])('%s is not given out', async (path) => {
  // Not fetch: it would resolve the dots before sending.
  const { port } = new URL(server.url);
  const status = await new Promise((answered, failed) => {
    request({ host: 'localhost', port, path }, (response) => {
      response.resume();
      answered(response.statusCode);
    })
      .on('error', failed)
      .end();
  });
  expect(status).toBe(404);
});

test('only reading is allowed', async () => {
  expect((await fetch(server.url, { method: 'POST', body: 'x' })).status).toBe(405);
});

test('every request is on record', async () => {
  await fetch(`${server.url}core.wasm`);
  expect(server.requests).toContain('/app/core.wasm');
});

test('a port in use is an error, not a silent other port', async () => {
  const port = Number(new URL(server.url).port);
  await expect(serve({ root: folder, port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
