import { describeCore } from './core.contract.js';
import { createScalarCore } from './scalar.js';

describeCore('scalar', async () => createScalarCore());
