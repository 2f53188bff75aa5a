/** Every parameter of a configuration at the ends of its range, and which of two sources wins. */
import { describe, expect, test } from 'vitest';
import type { ChromaError } from '../base/errors.js';
import type { IndexConfiguration, Metadata } from '../base/types.js';
import { createIndexConfiguration, updateIndexConfiguration } from './configuration.js';
import { toWireConfiguration } from './wire.js';

const DEFAULTS: IndexConfiguration = {
  space: 'l2',
  efConstruction: 100,
  efSearch: 100,
  maxNeighbors: 16,
  resizeFactor: 1.2,
  syncThreshold: 1000,
};

const create = (configuration?: object | null, metadata?: Metadata): IndexConfiguration =>
  createIndexConfiguration({ configuration: configuration as never, metadata, embeddingFunction: undefined });

function refused(act: () => unknown): ChromaError {
  try {
    act();
  } catch (error) {
    return error as ChromaError;
  }
  throw new Error('Nothing was refused.');
}

/** Parameter, where it is kept (null: accepted, not kept), least, most, the nearest values outside. */
const RANGES: [string, keyof IndexConfiguration | null, number, number, unknown[]][] = [
  ['ef_construction', 'efConstruction', 1, 10_000, [0, 10_001, 1.5]],
  ['ef_search', 'efSearch', 1, 10_000, [0, 10_001, 1.5]],
  ['max_neighbors', 'maxNeighbors', 2, 512, [1, 513, 2.5]],
  ['num_threads', null, 1, 1024, [0, 1025, 1.5]],
  ['batch_size', null, 1, 1_000_000, [0, 1_000_001, 1.5]],
  ['sync_threshold', 'syncThreshold', 1, 1_000_000_000, [0, 1_000_000_001, 1.5]],
  ['resize_factor', 'resizeFactor', 1, 100, [0.99, 100.01]],
];

describe('at creation', () => {
  test('C10 without a word there are the defaults', () => {
    expect(create()).toEqual(DEFAULTS);
    expect(create({})).toEqual(DEFAULTS);
    expect(create({ hnsw: null, spann: null })).toEqual(DEFAULTS);
    expect(create({ hnsw: { space: null, ef_search: null } })).toEqual(DEFAULTS);
  });

  test.each(RANGES)(
    'C10 %s is kept from end to end of its range and refused outside',
    (name, key, min, max, bad) => {
      for (const value of [min, max]) {
        expect(create({ hnsw: { [name]: value } })).toEqual(key ? { ...DEFAULTS, [key]: value } : DEFAULTS);
      }
      for (const value of [...bad, NaN, Infinity, `${min}`, true]) {
        const error = refused(() => create({ hnsw: { [name]: value } }));
        expect(error).toMatchObject({ code: 'VALUE_CONFIGURATION', details: { key: name, min, max } });
        expect(error.message).toContain(`configuration.hnsw.${name} must be`);
      }
    },
  );

  test.each(['l2', 'ip', 'cosine'])('C10 space %s is kept, in hnsw and alone in spann', (space) => {
    expect(create({ hnsw: { space } }).space).toBe(space);
    expect(create({ spann: { space, search_nprobe: 3 } })).toEqual({ ...DEFAULTS, space });
  });

  test.each(['L2', 'euclidean', '', 1])('C10 space %j is refused', (space) => {
    expect(refused(() => create({ hnsw: { space } })).code).toBe('VALUE_CONFIGURATION');
  });

  test('C10 hnsw beside spann is a conflict, and unknown keys are named', () => {
    expect(refused(() => create({ hnsw: {}, spann: {} })).code).toBe('VALUE_CONFIGURATION_CONFLICT');
    expect(refused(() => create({ hnsw: { M: 3 } }))).toMatchObject({
      code: 'VALUE_CONFIGURATION',
      details: { key: 'M' },
      message: "configuration.hnsw has no key 'M'",
    });
    expect(refused(() => create({ hnws: {} })).message).toBe("configuration has no key 'hnws'");
  });

  test('C10 hnsw:* metadata sets parameters where no configuration does, and is checked alike', () => {
    const metadata = {
      'hnsw:space': 'ip',
      'hnsw:construction_ef': 11,
      'hnsw:search_ef': 12,
      'hnsw:M': 13,
      'hnsw:num_threads': 2,
      'hnsw:batch_size': 3,
      'hnsw:sync_threshold': 14,
      'hnsw:resize_factor': 1.5,
      other: 1,
    };
    expect(create(undefined, metadata)).toEqual({
      space: 'ip',
      efConstruction: 11,
      efSearch: 12,
      maxNeighbors: 13,
      resizeFactor: 1.5,
      syncThreshold: 14,
    });
    expect(create({ hnsw: { max_neighbors: 20 } }, metadata)).toEqual({ ...DEFAULTS, maxNeighbors: 20 });
    expect(refused(() => create(undefined, { 'hnsw:M': 1 })).details).toMatchObject({ key: 'max_neighbors' });
  });
});

describe('later', () => {
  test('C10 what may change is given back, and nothing else', () => {
    expect(updateIndexConfiguration({})).toEqual({});
    expect(updateIndexConfiguration({ hnsw: { ef_search: 7, num_threads: 2 } })).toEqual({ efSearch: 7 });
    expect(updateIndexConfiguration({ spann: { search_nprobe: 3 } })).toEqual({});
  });

  test.each([{ space: 'ip' }, { ef_construction: 50 }])('C10 %j cannot be changed', (hnsw) => {
    const error = refused(() => updateIndexConfiguration({ hnsw: hnsw as never }));
    expect(error.code).toBe('VALUE_CONFIGURATION');
    expect(error.message).toContain('cannot be changed');
  });

  test('C10 unknown keys and values out of range are refused as at creation', () => {
    expect(refused(() => updateIndexConfiguration({ hnsw: { ef: 1 } as never })).details).toEqual({
      key: 'ef',
    });
    expect(refused(() => updateIndexConfiguration({ hnws: {} } as never)).details).toEqual({ key: 'hnws' });
    expect(refused(() => updateIndexConfiguration({ hnsw: { ef_search: 0 } })).details).toMatchObject({
      min: 1,
      max: 10_000,
    });
  });
});

test('S56 where vectors are kept is stored as given, shown only where it was, and never changed', () => {
  const of = (vectors?: unknown): unknown =>
    createIndexConfiguration({
      configuration: { hnsw: { vectors: vectors as never } },
      metadata: undefined,
      embeddingFunction: undefined,
    }).vectors;
  expect([of(), of(null), of('memory'), of('disk'), of('disk-rescored')]).toEqual([
    undefined,
    undefined,
    'memory',
    'disk',
    'disk-rescored',
  ]);
  expect(() => of('tape')).toThrow(expect.objectContaining({ code: 'VALUE_CONFIGURATION' }));
  expect(() => updateIndexConfiguration({ hnsw: { vectors: 'disk' } as never })).toThrow(
    expect.objectContaining({ code: 'VALUE_CONFIGURATION' }),
  );
  const shown = (vectors?: 'disk'): string[] => {
    const index = {
      space: 'l2',
      efConstruction: 1,
      efSearch: 1,
      maxNeighbors: 2,
      resizeFactor: 1,
      syncThreshold: 1,
    } as const;
    const record = { index: vectors ? { ...index, vectors } : index, embeddingFunction: null };
    return Object.keys(toWireConfiguration(record).hnsw);
  };
  expect(shown('disk')).toEqual([...shown(), 'vectors']);
});

test('S56 floats throughout are asked for by precision, shown where given, and refused with vectors on disk', () => {
  const of = (hnsw: object): unknown =>
    createIndexConfiguration({ configuration: { hnsw }, metadata: undefined, embeddingFunction: undefined })
      .precision;
  expect([of({}), of({ precision: null }), of({ precision: 'int8' }), of({ precision: 'f32' })]).toEqual([
    undefined,
    undefined,
    'int8',
    'f32',
  ]);
  expect(of({ precision: 'int8', vectors: 'disk' })).toBe('int8');
  expect(of({ precision: 'f32', vectors: 'memory' })).toBe('f32');
  expect(() => of({ precision: 'f16' })).toThrow(expect.objectContaining({ code: 'VALUE_CONFIGURATION' }));
  for (const vectors of ['disk', 'disk-rescored'])
    expect(() => of({ precision: 'f32', vectors })).toThrow(
      expect.objectContaining({ code: 'VALUE_CONFIGURATION_CONFLICT' }),
    );
  expect(() => updateIndexConfiguration({ hnsw: { precision: 'f32' } as never })).toThrow(
    expect.objectContaining({ code: 'VALUE_CONFIGURATION' }),
  );
  const index = createIndexConfiguration({
    configuration: { hnsw: { precision: 'f32' } },
    metadata: undefined,
    embeddingFunction: undefined,
  });
  expect(toWireConfiguration({ index, embeddingFunction: null }).hnsw).toMatchObject({ precision: 'f32' });
});
