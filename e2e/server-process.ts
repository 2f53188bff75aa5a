/** A static server in a process of its own, so that a test can really stop it: nothing of it is left in the test's process. */
import { spawn } from 'node:child_process';

export interface ServerProcess {
  /** With trailing slash. */
  url: string;
  /** Ends the process; resolves when it is gone. Calling it twice is fine. */
  stop(): Promise<void>;
}

/** Serves `root` under the strict policy of tools/serve.mjs on a free port. Rejects when the process ends before it serves. */
export function startServerProcess(root: string): Promise<ServerProcess> {
  const script = `
    import { serve } from './tools/serve.mjs';
    const server = await serve({ root: ${JSON.stringify(root)} });
    process.stdout.write(server.url + '\\n');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return new Promise((resolve, reject) => {
    gone.then(() => reject(new Error(`The server of ${root} ended before it served.`)), reject);
    child.stdout.once('data', (line: Buffer) =>
      resolve({
        url: line.toString().trim(),
        async stop() {
          child.kill('SIGKILL');
          await gone;
        },
      }),
    );
  });
}
