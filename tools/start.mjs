/** `npm start`: from a fresh clone to the demo in the browser. Sets up what is missing, builds, serves, prints the URL. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { ROOT } from './run.mjs';
import { serve } from './serve.mjs';
import { setUp } from './setup.mjs';

const PREFERRED_PORT = 4173;
const PORTS_TRIED = 50;

/** @returns {Promise<import('./serve.mjs').StaticServer>} on the preferred port or the first free one after it */
async function serveDemo() {
  const root = join(ROOT, 'demo', 'dist');
  for (let port = PREFERRED_PORT; port < PREFERRED_PORT + PORTS_TRIED; port++) {
    try {
      return await serve({ root, port });
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EADDRINUSE') throw error;
    }
  }
  return serve({ root });
}

if (!setUp()) process.exit(1);
const built = spawnSync(process.execPath, [join(ROOT, 'tools', 'build.mjs'), 'npm', 'demo'], {
  cwd: ROOT,
  stdio: 'inherit',
});
if (built.status !== 0 || !existsSync(join(ROOT, 'demo', 'dist', 'index.html'))) {
  process.stderr.write('The demo could not be built; the reason stands above.\n');
  process.exit(1);
}

const server = await serveDemo();
process.stdout.write(`\nkindex demo: ${server.url}\nCtrl-C ends it.\n`);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => void server.close().then(() => process.exit(0)));
}
