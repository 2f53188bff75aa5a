/** The fault tables in a real browser, with the store in a worker. */
import { ChromaClient } from '../../index.js';
import { describeFaults } from './faults.contract.js';

describeFaults({ name: 'a worker', open: (storage) => new ChromaClient({ storage }) });
