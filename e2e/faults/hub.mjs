/**
 * The runner's half of the conversation with pages: one local server that gives out the built package and the page, and one
 * WebSocket per tab. The WebSocket protocol is written out here (RFC 6455, text only): the package needs no library for it.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = /** @type {Record<string, string>} */ ({
  '.bin': 'application/octet-stream',
  '.gz': 'application/gzip',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
});

/** Where the built package lies: as it is, and with a script in front of the store's worker. */
const BUILDS = ['kindex', 'hooked', 'watched'];
const PREPARED = new Set(['hooked', 'watched']);

const HANDSHAKE = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The error of a page, with what it said of itself. */
class PageError extends Error {
  /** @param {{ name?: string, code?: string, message: string, details?: Record<string, unknown> }} plain */
  constructor(plain) {
    super(plain.message);
    this.name = plain.name ?? 'Error';
    this.code = plain.code ?? '';
    this.details = plain.details ?? {};
  }
}

/** The tab is gone: closed, crashed or killed. */
class TabGone extends Error {}

/** One page, from before it is loaded until its socket closes. */
export class Tab {
  #count = 0;
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  #calls = new Map();
  /** @type {import('node:net').Socket | null} */
  #socket = null;
  /** @type {() => void} */
  #arrived = () => {};
  /** @type {() => void} */
  #left = () => {};

  /** @param {string} id @param {string} url */
  constructor(id, url) {
    this.id = id;
    this.url = url;
    /** @type {(note: Record<string, any>) => void} */
    this.onNote = () => {};
    /** @type {Promise<void>} */
    this.arrived = new Promise((resolve) => (this.#arrived = resolve));
    /** @type {Promise<void>} */
    this.gone = new Promise((resolve) => (this.#left = resolve));
  }

  /** @param {number} ms @returns {Promise<boolean>} whether the page came in that time */
  comesWithin(ms) {
    return within(
      ms,
      this.arrived.then(() => true),
      () => false,
    );
  }

  /** @param {import('node:net').Socket} socket */
  attach(socket) {
    this.#socket = socket;
    const lost = () => {
      this.#socket = null;
      for (const { reject } of this.#calls.values()) reject(new TabGone(`tab ${this.id} is gone`));
      this.#calls.clear();
      this.#left();
    };
    // Sockets of an HTTP server stay half open by themselves.
    socket.on('end', () => socket.destroy());
    socket.on('close', lost);
    socket.on('error', lost);
    readMessages(socket, (text) => this.#receive(text));
    this.#arrived();
  }

  /** @param {string} text */
  #receive(text) {
    const message = JSON.parse(text);
    if (message.note) {
      this.onNote(message.note);
      if (this.#socket) send(this.#socket, '{"echo":true}');
      return;
    }
    const call = this.#calls.get(message.number);
    this.#calls.delete(message.number);
    if (message.error) call?.reject(new PageError(message.error));
    else call?.resolve(message.value);
  }

  /**
   * @param {string} method an action of page/actions.mjs
   * @param {unknown} [argument]
   * @param {number} [ms] a check that takes longer has failed
   * @returns {Promise<any>}
   * @throws PageError what the page threw · TabGone · Error after `ms`
   */
  call(method, argument = null, ms = 120_000) {
    const number = ++this.#count;
    const from = new Error(`called: ${method}`);
    /** @type {Promise<any>} */
    const reply = new Promise((resolve, reject) => {
      if (!this.#socket) {
        reject(new TabGone(`tab ${this.id} is gone`));
        return;
      }
      const refuse = (/** @type {Error} */ error) => {
        error.stack = `${error.name}: ${error.message}\n${from.stack}`;
        reject(error);
      };
      this.#calls.set(number, { resolve, reject: refuse });
      send(this.#socket, JSON.stringify({ number, method, argument }));
    });
    return within(ms, reply, () => {
      throw new Error(`"${method}" gave no answer in ${ms} ms`);
    });
  }
}

/**
 * @template T, U
 * @param {number} ms
 * @param {Promise<T>} promise
 * @param {() => U} late
 * @returns {Promise<T | U>}
 */
export async function within(ms, promise, late) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const expired = new Promise((resolve) => (timer = setTimeout(resolve, ms, late)));
  try {
    const first = await Promise.race([promise, expired]);
    return first === late ? late() : /** @type {T} */ (first);
  } finally {
    clearTimeout(timer);
  }
}

/** Transactions that may write, of the workers that `/watched/` pages have started. */
export class Watch {
  begun = 0;
  /** @type {Set<{ open: number, lives: boolean, ended: Promise<void> }>} */
  #workers = new Set();

  /** Begins anew: for a browser that starts. */
  reset() {
    this.begun = 0;
    this.#workers.clear();
  }

  /** Those whose end was not told by workers that live. */
  get open() {
    return this.#sum((worker) => worker.lives);
  }

  /** As `open`, in all workers since `reset`: those that are gone had them open when they ended. */
  get everOpen() {
    return this.#sum(() => true);
  }

  /** @param {(worker: { lives: boolean }) => boolean} counts */
  #sum(counts) {
    let sum = 0;
    for (const worker of this.#workers) if (counts(worker)) sum += worker.open;
    return sum;
  }

  /** @param {import('node:net').Socket} socket */
  attach(socket) {
    const worker = { open: 0, lives: true, ended: Promise.resolve() };
    worker.ended = new Promise((resolve) =>
      socket.on('close', () => {
        worker.lives = false;
        resolve();
      }),
    );
    this.#workers.add(worker);
    socket.on('end', () => socket.destroy());
    socket.on('error', () => socket.destroy());
    readMessages(socket, (word) => {
      if (word === 'begin') this.begun++;
      worker.open += word === 'begin' ? 1 : -1;
    });
  }

  /** When the browser is gone: everything that was said before has come. */
  async allHeard() {
    await Promise.all([...this.#workers].map(({ ended }) => ended));
  }
}

/**
 * @typedef {object} Hub
 * @property {string} origin
 * @property {(parameters?: Record<string, string>, host?: string) => Tab} tab a new tab's address; somebody has to open it.
 *   `host`: a name below `localhost`, which is an origin of its own
 * @property {() => Promise<void>} close
 * @property {{ onPoint: (point: string) => Promise<void> | void }} points what happens when a prepared worker reaches a point
 * @property {Watch} watch
 * @property {Map<string, string>} builds the folder that is served below each of the first names of paths
 * @property {Record<string, unknown>} settings what the hook of a prepared worker finds as `faultSettings` when it starts
 * @property {{ onFile: (path: string, response: import('node:http').ServerResponse, file: () => Promise<Buffer>) => Promise<boolean> }} network
 *   what happens when a file is asked for: true, if it was answered
 */

/**
 * Serves `/kindex/` from `build`, `/hooked/` from there with the hook in front of the store's worker, `/watched/` with
 * the watch in front of it, `/faults/` the pages.
 * @param {{ build: string, pages: string, hook: string, watcher: string }} folders `hook`, `watcher`: the scripts put in front
 * @returns {Promise<Hub>}
 */
export async function startHub({ build, pages, hook, watcher }) {
  /** @type {Map<string, Tab>} */
  const tabs = new Map();
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  /** @type {Hub['points']} */
  const points = { onPoint: () => {} };
  const watch = new Watch();
  const builds = new Map(BUILDS.map((name) => [name, build]));
  /** @type {Hub['settings']} */
  const settings = {};
  /** @type {Hub['network']} */
  const network = { onFile: async () => false };
  const server = createServer((request, response) => {
    void answer(request.url ?? '/', response).catch(() => response.writeHead(404).end());
  });
  const answer = async (
    /** @type {string} */ address,
    /** @type {import('node:http').ServerResponse} */ response,
  ) => {
    const { pathname, searchParams } = new URL(address, 'http://localhost');
    if (pathname === '/point') {
      await points.onPoint(searchParams.get('name') ?? '');
      response.writeHead(204).end();
      return;
    }
    const [, top = '', ...rest] = normalize(pathname).split('/');
    const folder = top === 'faults' ? pages : (builds.get(top) ?? null);
    if (folder === null || rest.includes('..')) {
      response.writeHead(404).end();
      return;
    }
    const path = join(folder, ...rest);
    if (await network.onFile(pathname, response, () => readFile(path))) return;
    const file = await readFile(path);
    const prepared = PREPARED.has(top) && /^store\.worker.*\.js$/.test(rest.at(-1) ?? '');
    response.writeHead(200, {
      'Content-Type': TYPES[extname(pathname)] ?? 'application/octet-stream',
      'Cache-Control': 'no-cache',
      // A sandboxed frame is another origin, even for its own files.
      'Access-Control-Allow-Origin': '*',
    });
    const told = `import { makeScarce } from '/faults/scarcity.mjs';
      Object.assign(globalThis, { makeScarce, faultSettings: ${JSON.stringify(settings)} });`;
    const front = top === 'watched' ? watcher : `${told}\n${hook}`;
    response.end(prepared ? `${front}\n${file.toString()}` : file);
  };
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, /** @type {import('node:net').Socket} */ socket) => {
    const watched = request.url === '/watch';
    const tab = watched ? null : tabs.get((request.url ?? '').slice('/tab/'.length));
    const key = request.headers['sec-websocket-key'];
    if ((!watched && !tab) || !key) {
      socket.destroy();
      return;
    }
    const accept = createHash('sha1')
      .update(key + HANDSHAKE)
      .digest('base64');
    socket.setNoDelay(true);
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    if (tab) tab.attach(socket);
    else watch.attach(socket);
  });
  await /** @type {Promise<void>} */ (
    new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  );
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  let count = 0;
  return {
    origin,
    points,
    watch,
    builds,
    settings,
    network,
    tab(parameters = {}, host = '') {
      const id = `t${++count}`;
      const at = host === '' ? origin : origin.replace('127.0.0.1', `${host}.localhost`);
      const tab = new Tab(id, `${at}/faults/index.html?${new URLSearchParams({ tab: id, ...parameters })}`);
      tabs.set(id, tab);
      return tab;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** @param {import('node:net').Socket} socket @param {string} text */
function send(socket, text) {
  const body = Buffer.from(text);
  const long = body.length > 65_535;
  const header = Buffer.alloc(body.length < 126 ? 2 : long ? 10 : 4);
  header[0] = 0x81;
  if (body.length < 126) header[1] = body.length;
  else if (long) {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(body.length), 2);
  } else {
    header[1] = 126;
    header.writeUInt16BE(body.length, 2);
  }
  socket.write(Buffer.concat([header, body]));
}

/** @param {import('node:net').Socket} socket @param {(text: string) => void} take */
function readMessages(socket, take) {
  /** @type {Buffer[]} */
  let chunks = [];
  let size = 0;
  /** @type {Buffer[]} */
  let parts = [];
  socket.on('data', (/** @type {Buffer} */ chunk) => {
    chunks.push(chunk);
    size += chunk.length;
    for (;;) {
      if (size < 2) return;
      const data = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
      chunks = [data];
      const frame = frameOf(data);
      if (!frame) return;
      chunks = [data.subarray(frame.end)];
      size = data.length - frame.end;
      if (frame.operation === 8) {
        socket.end();
        return;
      }
      if (frame.operation > 2) continue;
      parts.push(frame.payload);
      if (!frame.final) continue;
      const text = Buffer.concat(parts).toString();
      parts = [];
      take(text);
    }
  });
}

/** @param {Buffer} data @returns {{ operation: number, final: boolean, payload: Buffer, end: number } | null} null: not all there */
function frameOf(data) {
  const first = data[0] ?? 0;
  let length = (data[1] ?? 0) & 0x7f;
  let at = 2;
  if (length === 126) {
    if (data.length < 4) return null;
    length = data.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    if (data.length < 10) return null;
    length = Number(data.readBigUInt64BE(2));
    at = 10;
  }
  const masked = ((data[1] ?? 0) & 0x80) !== 0;
  const mask = masked ? data.subarray(at, at + 4) : null;
  if (masked) at += 4;
  if (data.length < at + length) return null;
  const payload = Buffer.from(data.subarray(at, at + length));
  if (mask) for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i % 4] ?? 0);
  return { operation: first & 0x0f, final: (first & 0x80) !== 0, payload, end: at + length };
}
