/** The store worker: one database. */
import { serveStore } from '../src/host/serve.js';

serveStore();
