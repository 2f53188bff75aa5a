import { describe, expect, test } from 'vitest';
import { serializeEmbeddingFunction } from './registry.js';
import { RemoteEmbeddingFunction, type EmbedPort } from './remote.js';
import { StaticEmbeddingFunction } from './static.js';

/** Answers every text with (1, 0) and keeps the requests. */
function recorder(): { port: EmbedPort; requests: Parameters<EmbedPort['embed']>[0][] } {
  const requests: Parameters<EmbedPort['embed']>[0][] = [];
  return {
    requests,
    port: {
      async embed(request) {
        requests.push(request);
        const rows = request.texts.length;
        const data = new Float32Array(rows * 2).map((_, index) => (index % 2 === 0 ? 1 : 0));
        return { vectors: { data, rows, dimensions: 2 }, unknownTexts: 1 };
      },
    },
  };
}

describe('the built-in function in a page', () => {
  test('has the name, configuration and spaces of the one that does the work', () => {
    const remote = new RemoteEmbeddingFunction({ port: recorder().port });
    const local = new StaticEmbeddingFunction();
    expect(remote.name).toBe(local.name);
    expect(remote.getConfig()).toEqual(local.getConfig());
    expect(remote.defaultSpace()).toBe(local.defaultSpace());
    expect(remote.supportedSpaces()).toEqual(local.supportedSpaces());
    expect(serializeEmbeddingFunction(remote)).toEqual(serializeEmbeddingFunction(local));
  });

  test('asks its port with name, stored configuration and kind', async () => {
    const { port, requests } = recorder();
    const remote = new RemoteEmbeddingFunction({ port, config: { dimensions: 64 } });
    expect(await remote.generate(['a', 'b'])).toEqual([
      [1, 0],
      [1, 0],
    ]);
    expect(await remote.generateForQueries(['c'])).toEqual([[1, 0]]);
    expect(requests).toEqual([
      { name: 'kindex-static', config: remote.getConfig(), texts: ['a', 'b'], kind: 'document' },
      { name: 'kindex-static', config: remote.getConfig(), texts: ['c'], kind: 'query' },
    ]);
    expect(remote.getConfig()['dimensions']).toBe(64);
    expect(remote.unknownTexts).toBe(2);
  });

  test('checks texts before it sends them and passes on what the port rejects with', async () => {
    const { port, requests } = recorder();
    await expect(new RemoteEmbeddingFunction({ port }).generate([null as never])).rejects.toMatchObject({
      code: 'VALUE_DOCUMENT',
    });
    expect(requests).toEqual([]);
    const failing = { embed: () => Promise.reject(new Error('gone')) };
    await expect(new RemoteEmbeddingFunction({ port: failing }).generate(['a'])).rejects.toThrow('gone');
  });

  test('is rebuilt with a port, and not without', async () => {
    const { port } = recorder();
    const rebuilt = RemoteEmbeddingFunction.buildFromConfig({ dimensions: 128 }, port);
    expect(rebuilt.getConfig()['dimensions']).toBe(128);
    expect(() => RemoteEmbeddingFunction.buildFromConfig({})).toThrow(
      expect.objectContaining({ code: 'VALUE_ARGUMENT' }),
    );
  });
});
