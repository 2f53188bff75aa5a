/** The fault tables in Node, with the store in the same thread. */
import { ChromaClient } from '../../inline.js';
import { describeFaults } from './faults.contract.js';

describeFaults({ name: 'the same thread', open: (storage) => new ChromaClient({ storage }) });
