/** For Next.js configurations written for chromadb, which keeps its package out of webpack: nothing of ours has to be. */

/** A copy of the configuration; its own `webpack` hook runs as it is. */
export function withChroma<Config extends object>(nextConfig?: Config): Config {
  return { ...nextConfig } as Config;
}
