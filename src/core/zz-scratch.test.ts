import { test } from 'vitest';
import { clusteredMatrix, rowsUpTo } from './fixtures/matrices.js';
import { joined } from './graph-format.js';
import { loadWasmCore } from './wasm.js';
import { TrigramIndex } from '../lexical-index/trigram.js';

test('measure', async () => {
  const core = await loadWasmCore();
  const N = 100_000;
  const matrix = clusteredMatrix(N, 32, 1);
  const make = () => core.createGraphVectors({ space: 'cosine', dimensions: 32, maxNeighbors: 16, efConstruction: 100, seed: 0, quantized: true });
  const v = make();
  v.set(rowsUpTo(N), matrix);
  let t = performance.now();
  while (!v.link(1_000_000).done);
  console.log('build', performance.now() - t);
  const steps = v.serialize();
  let max = 0, total = 0, n = 0;
  let pieces;
  for (;;) { t = performance.now(); const s = steps.next(); const d = performance.now() - t; max = Math.max(max, d); total += d; n++; if (s.done) { pieces = s.value!; break; } }
  const bytes = joined(pieces);
  console.log('serialize', total, 'max', max, 'steps', n, 'bytes', bytes.length);
  for (let i = 0; i < 3; i++) {
    const r = make();
    r.set(rowsUpTo(N), matrix);
    t = performance.now();
    r.restore(bytes);
    console.log('restore', performance.now() - t, r.linked);
    r.dispose();
  }
  t = performance.now(); core.crc32c(bytes); console.log('crc', performance.now() - t);

  const words = Array.from({ length: 20_000 }, (_, i) => Math.imul(i + 1, 2654435761).toString(36).replace('-', ''));
  let seed = 1;
  const rnd = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0);
  const docs = Array.from({ length: N }, () => new TextEncoder().encode(Array.from({ length: 42 }, () => words[Math.floor((rnd() / 2 ** 32) ** 2 * words.length)]).join(' ')));
  console.log('doc bytes', docs.reduce((a, d) => a + d.length, 0));
  t = performance.now();
  const ix = new TrigramIndex();
  docs.forEach((d, i) => ix.add(i, d));
  console.log('trigram build', performance.now() - t, ix.bytes);
  const ts = ix.serialize();
  max = 0; total = 0; n = 0;
  for (;;) { t = performance.now(); const s = ts.next(); const d = performance.now() - t; max = Math.max(max, d); total += d; n++; if (s.done) { pieces = s.value!; break; } }
  const tb = joined(pieces);
  console.log('trigram serialize', total, 'max', max, n, 'bytes', tb.length);
  for (let i = 0; i < 3; i++) { t = performance.now(); new TrigramIndex(tb); console.log('trigram load', performance.now() - t); }
  t = performance.now(); core.crc32c(tb); console.log('crc', performance.now() - t);
}, 300_000);
