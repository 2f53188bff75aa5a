/** Where things lie in the linear memory of one instance. Growing it is the caller's work (`memory.grow`): it can refuse, a kernel cannot. */

/** Cache lines are 64 bytes: what a scan reads starts on one. */
const LINE: usize = 64;

@inline export function alignUp(address: usize): usize {
  return (address + (LINE - 1)) & ~(LINE - 1);
}

/** First byte after the module's own data: an instance lays out everything else from here on. */
export function heapAt(): usize {
  return alignUp(__heap_base);
}
