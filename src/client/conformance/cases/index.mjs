/** All conformance cases, in one list. */
import { cases as admin } from './admin.mjs';
import { cases as odd } from './arguments.mjs';
import { cases as collections } from './collections.mjs';
import { cases as configuration } from './configuration.mjs';
import { cases as deletes } from './deletes.mjs';
import { cases as embeddingFunctions } from './embedding-functions.mjs';
import { cases as handles } from './handles.mjs';
import { cases as names } from './names.mjs';
import { cases as reads } from './reads.mjs';
import { cases as validation } from './validation.mjs';
import { cases as where } from './where.mjs';
import { cases as whereDocument } from './where-document.mjs';
import { cases as writes } from './writes.mjs';

export const cases = [
  ...names,
  ...collections,
  ...writes,
  ...validation,
  ...reads,
  ...where,
  ...whereDocument,
  ...deletes,
  ...configuration,
  ...embeddingFunctions,
  ...handles,
  ...admin,
  ...odd,
];
