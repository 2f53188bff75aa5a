/**
 * A static file server for built pages, strict about what they may do. For this machine only: `npm start` and the
 * end-to-end tests use it. Node built-ins only.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';

const TYPES = {
  '.bin': 'application/octet-stream',
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.woff2': 'font/woff2',
};

/**
 * No inline script, no eval, nothing from elsewhere. `wasm-unsafe-eval` allows compiling WebAssembly and nothing more.
 * A page that works under this works under what a careful site would set.
 */
export const STRICT_CSP = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * The file a request path stands for, `index.html` for a folder.
 * @param {string} root absolute folder
 * @param {string} path decoded request path, with leading slash, below the base
 * @returns {Promise<{ file: string, size: number } | null>} null for anything that is not a file inside `root`
 */
async function locate(root, path) {
  const file = resolve(root, `.${path}`);
  if (file !== root && !file.startsWith(root + sep)) return null;
  for (const candidate of [file, join(file, 'index.html')]) {
    try {
      const found = await stat(candidate);
      if (found.isFile()) return { file: candidate, size: found.size };
    } catch {
      // Not there: the next candidate, then 404.
    }
  }
  return null;
}

/**
 * @param {string | undefined} url
 * @returns {string | null} the decoded path without query, null when it is not well-formed
 */
function pathOf(url) {
  try {
    return decodeURIComponent(new URL(url ?? '/', 'http://localhost').pathname);
  } catch {
    return null;
  }
}

/**
 * @param {import('node:http').Server} server
 * @param {number} port
 * @param {string} host
 * @returns {Promise<number>} the port that was opened
 */
function listen(server, port, host) {
  return new Promise((opened, failed) => {
    server.once('error', failed);
    server.listen(port, host, () => {
      server.removeListener('error', failed);
      const address = server.address();
      opened(typeof address === 'object' && address ? address.port : port);
    });
  });
}

/**
 * @typedef {object} StaticServer
 * @property {string} url address of the base path, with trailing slash
 * @property {string[]} requests every path asked for so far, in order
 * @property {() => Promise<void>} close ends the server and all its connections
 */

/**
 * Serves a folder on localhost.
 * @param {object} options
 * @param {string} options.root
 * @param {number} [options.port] 0 (default) takes any free one; a port in use is an EADDRINUSE error
 * @param {string} [options.base] path below which the folder appears, default `/`
 * @param {string | null} [options.csp] Content-Security-Policy, default `STRICT_CSP`, null for none
 * @param {Record<string, string>} [options.headers] sent with every answer beside these
 * @returns {Promise<StaticServer>}
 */
export async function serve({ root, port = 0, base = '/', csp = STRICT_CSP, headers = {} }) {
  const folder = resolve(root);
  /** @type {string[]} */
  const requests = [];

  /** @type {import('node:http').RequestListener} */
  const answer = (request, response) => {
    const path = pathOf(request.url);
    requests.push(path ?? String(request.url));
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('Cache-Control', 'no-cache');
    if (csp !== null) response.setHeader('Content-Security-Policy', csp);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      return;
    }
    const inside = path !== null && path.startsWith(base) ? `/${path.slice(base.length)}` : null;
    void (inside === null ? Promise.resolve(null) : locate(folder, inside)).then((found) => {
      if (!found) {
        response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Not found\n');
        return;
      }
      const type =
        TYPES[/** @type {keyof typeof TYPES} */ (extname(found.file))] ?? 'application/octet-stream';
      response.writeHead(200, { 'Content-Type': type, 'Content-Length': found.size });
      if (request.method === 'HEAD') response.end();
      else {
        createReadStream(found.file)
          .on('error', () => response.destroy())
          .pipe(response);
      }
    });
  };

  // "localhost" is 127.0.0.1 or ::1 depending on the system; both must lead here and not to somebody else's server.
  const first = createServer(answer);
  const opened = await listen(first, port, '127.0.0.1');
  const servers = [first];
  const second = createServer(answer);
  try {
    await listen(second, opened, '::1');
    servers.push(second);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EADDRINUSE') {
      first.close();
      throw error;
    }
    // No IPv6 on this machine: 127.0.0.1 alone is right.
  }

  return {
    url: `http://localhost:${opened}${base}`,
    requests,
    close: async () => {
      await Promise.all(
        servers.map(
          (server) =>
            new Promise((closed) => {
              server.close(() => closed(undefined));
              server.closeAllConnections();
            }),
        ),
      );
    },
  };
}
