/** In a page: what WebAssembly holds. Imported before anything compiles. */

/** @type {WeakRef<WebAssembly.Memory>[]} */
const memories = [];

/** Every memory that an instance made from now on exports is counted. */
export function watchWasmMemory() {
  const watch = (/** @type {WebAssembly.Instance} */ instance) => {
    for (const each of Object.values(instance.exports))
      if (each instanceof WebAssembly.Memory) memories.push(new WeakRef(each));
    return instance;
  };
  const { Instance, instantiate } = WebAssembly;
  WebAssembly.Instance = /** @type {any} */ (
    function (/** @type {WebAssembly.Module} */ module, /** @type {WebAssembly.Imports} */ imports) {
      return watch(new Instance(module, imports));
    }
  );
  WebAssembly.instantiate = /** @type {any} */ (
    async (/** @type {any} */ source, /** @type {WebAssembly.Imports} */ imports) => {
      const made = /** @type {any} */ (await instantiate(source, imports));
      watch(made.instance ?? made);
      return made;
    }
  );
}

/** Bytes of all memories that are still in use. */
export function wasmBytes() {
  const held = new Set(memories.map((memory) => memory.deref()?.buffer));
  return [...held].reduce((sum, buffer) => sum + (buffer?.byteLength ?? 0), 0);
}
