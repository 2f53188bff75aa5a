/** How much memory the wasm modules of this worker hold: what browsers tell of a page's memory leaves it out. */

/** @type {Set<WeakRef<WebAssembly.Memory>>} */
const memories = new Set();

/** Notes the memory of every module that is started from here on. */
export function watchWasmMemories() {
  const { Instance, instantiate, instantiateStreaming } = WebAssembly;
  WebAssembly.Instance = new Proxy(Instance, {
    construct(target, [module, imports], asked) {
      return note(Reflect.construct(target, [module, imports], asked), imports);
    },
  });
  /** @type {any} */
  const namespace = WebAssembly;
  namespace.instantiate = async (/** @type {any} */ source, /** @type {any} */ imports) => {
    const started = /** @type {any} */ (await instantiate(source, imports));
    note(started.instance ?? started, imports);
    return started;
  };
  namespace.instantiateStreaming = async (/** @type {any} */ source, /** @type {any} */ imports) => {
    const started = await instantiateStreaming(source, imports);
    note(started.instance, imports);
    return started;
  };
}

/** Bytes of those that are still held. */
export function wasmBytes() {
  const held = new Set([...memories].flatMap((each) => each.deref() ?? []));
  return [...held].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}

/** @param {WebAssembly.Instance} instance @param {WebAssembly.Imports | undefined} imports */
function note(instance, imports) {
  const values = [instance.exports, ...Object.values(imports ?? {})].flatMap((each) => Object.values(each));
  for (const value of values) if (value instanceof WebAssembly.Memory) memories.add(new WeakRef(value));
  return instance;
}
