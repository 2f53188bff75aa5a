/** The recorded conformance cases in a browser, with the store in a worker. */
import * as api from '../../index.js';
import { describeConformance } from './conformance.contract.js';

describeConformance('a worker', {
  api,
  open: () => ({ client: new api.ChromaClient({ storage: `memory:${crypto.randomUUID()}` }), admin: null }),
});
