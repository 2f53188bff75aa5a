import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { describeStaticModel } from '../embed/static.contract.js';
import { RemoteEmbeddingFunction } from '../embed/remote.js';
import { createEmbedService } from './embed-service.js';

const name = 'kindex-static';
const request = { name, config: {}, texts: ['cat', ''], kind: 'document' } as const;

describeStaticModel(
  'behind the service',
  (dimensions) =>
    new RemoteEmbeddingFunction({
      port: createEmbedService(),
      ...(dimensions === undefined ? {} : { config: { dimensions } }),
    }),
);

describe('the embedding service', () => {
  test('embeds with the stored configuration and counts unknown texts', async () => {
    const service = createEmbedService();
    const reply = await service.embed({ ...request, texts: [...request.texts], config: { dimensions: 64 } });
    expect(reply.vectors).toMatchObject({ rows: 2, dimensions: 64 });
    expect(reply.unknownTexts).toBe(1);
  });

  test('gives each reply a buffer of its own, so that it can be transferred', async () => {
    const service = createEmbedService();
    const [first, second] = await Promise.all([
      service.embed({ ...request, texts: ['cat'] }),
      service.embed({ ...request, texts: ['cat'] }),
    ]);
    expect(first.vectors.data).toEqual(second.vectors.data);
    expect(first.vectors.data.buffer).not.toBe(second.vectors.data.buffer);
    expect(first.vectors.data.byteLength).toBe(first.vectors.data.buffer.byteLength);
  });

  test('prepares a model and tells its dimensions and loading time', async () => {
    const { dimensions, loadMs } = await createEmbedService().prepare({ name, config: { dimensions: 128 } });
    expect(dimensions).toBe(128);
    expect(loadMs).toBeGreaterThan(0);
  });

  test('refuses a name that is not built in', async () => {
    const failure = { code: 'EMBED_UNKNOWN_FUNCTION', details: { name: 'openai' } };
    await expect(createEmbedService().embed({ ...request, texts: [], name: 'openai' })).rejects.toMatchObject(
      failure,
    );
    await expect(createEmbedService().prepare({ name: 'openai', config: {} })).rejects.toMatchObject(failure);
  });

  test('refuses another revision than its own', async () => {
    await expect(
      createEmbedService().embed({ ...request, texts: ['cat'], config: { revision: 'older' } }),
    ).rejects.toMatchObject({ code: 'EMBED_REVISION' });
  });

  test('tries again after a load that failed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kindex-service-'));
    try {
      const service = createEmbedService({ baseUrl: pathToFileURL(folder) });
      await expect(service.prepare({ name, config: {} })).rejects.toMatchObject({ code: 'EMBED_LOAD' });
      await cp(new URL('../../models/kindex-static-en/', import.meta.url), folder, { recursive: true });
      expect((await service.prepare({ name, config: {} })).dimensions).toBe(256);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
