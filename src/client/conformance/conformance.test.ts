/** The recorded conformance cases in Node, with the store in the same thread. */
import * as api from '../../inline.js';
import { describeConformance } from './conformance.contract.js';

describeConformance('the same thread', {
  api,
  open: () => ({ client: new api.ChromaClient({ storage: `memory:${crypto.randomUUID()}` }), admin: null }),
});
