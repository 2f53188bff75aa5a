/** All fault tables at one place: F38, F39, F41 to F45 of the fault matrix, each cited in the names of its tests. */
import { describeCountFaults } from './counts.contract.js';
import { describeFilterFaults } from './filters.contract.js';
import type { FaultTarget } from './harness.contract.js';
import { describeIdFaults } from './ids.contract.js';
import { describeMetadataFaults } from './metadata.contract.js';
import { describeSizeFaults } from './sizes.contract.js';
import { describeVectorFaults } from './vectors.contract.js';

export function describeFaults(target: FaultTarget): void {
  describeVectorFaults(target);
  describeCountFaults(target);
  describeSizeFaults(target);
  describeIdFaults(target);
  describeMetadataFaults(target);
  describeFilterFaults(target);
}
