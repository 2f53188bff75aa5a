/** The embedding worker: text to vectors. */
import { serveEmbed } from '../src/host/serve.js';

serveEmbed();
