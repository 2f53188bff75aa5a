/** Gets the module of hnswlib-wasm into a worker. It is built for pages and asks for `window` and `document`: it is lent both. */
import { kindexError } from '../base/errors.js';

/** The part of hnswlib-wasm's graph that is used here. */
export interface HnswlibGraph {
  initIndex(maxElements: number, m: number, efConstruction: number, randomSeed: number): void;
  resizeIndex(maxElements: number): void;
  addPoint(point: Float32Array, label: number, replaceDeleted: boolean): void;
  markDelete(label: number): void;
  setEfSearch(ef: number): void;
  searchKnn(
    query: Float32Array,
    k: number,
    filter: ((label: number) => boolean) | undefined,
  ): { neighbors: number[]; distances: number[] };
  /** Of Emscripten: frees the memory of the graph. */
  delete?(): void;
}

export interface HnswlibModule {
  HierarchicalNSW: new (space: 'l2' | 'ip' | 'cosine', dimensions: number, autoSave: string) => HnswlibGraph;
}

/** @throws RUNTIME_NOT_AVAILABLE where the package is not installed, or does not start here */
export async function loadHnswlib(): Promise<HnswlibModule> {
  const scope = globalThis as { window?: unknown; document?: unknown };
  const lent: ('window' | 'document')[] = [];
  const lend = (name: 'window' | 'document', value: unknown): void => {
    if (scope[name] !== undefined) return;
    scope[name] = value;
    lent.push(name);
  };
  lend('window', globalThis);
  lend('document', { currentScript: null });
  try {
    const library = (await import('hnswlib-wasm')) as unknown as {
      loadHnswlib: () => Promise<HnswlibModule>;
    };
    return await library.loadHnswlib();
  } catch (error) {
    throw kindexError('RUNTIME_NOT_AVAILABLE', `hnswlib-wasm could not be loaded: ${String(error)}`, {
      fix: 'Install hnswlib-wasm 0.8.2 beside kindex, or hand its module to the engine.',
      cause: error,
    });
  } finally {
    for (const name of lent) delete scope[name];
  }
}
