/** The recorded conformance cases in a browser, with the store in a worker. */
import * as api from '../../index.js';
import { AdminClient } from '../admin-client.js';
import { describeConformance } from './conformance.contract.js';

describeConformance('a worker', {
  api,
  open: (storage) => ({ client: new api.ChromaClient({ storage }), admin: new AdminClient({ storage }) }),
});
