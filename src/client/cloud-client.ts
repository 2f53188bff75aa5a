/** chromadb's clients of its hosted service, so that imports work: there is nothing hosted here, and they say so. */
import { kindexError } from '../base/errors.js';
import { AdminClient } from './admin-client.js';
import { ChromaClient } from './chroma-client.js';

/** What chromadb's constructors take. */
export interface CloudClientArgs {
  apiKey?: string;
  host?: string;
  port?: number;
  tenant?: string;
  database?: string;
  fetchOptions?: RequestInit;
}

/** Always refuses: Chroma Cloud is a service, kindex a store in this browser. */
export class CloudClient extends ChromaClient {
  /** @throws VALUE_ARGUMENT */
  constructor(_args: CloudClientArgs = {}) {
    super(refuse('CloudClient', 'ChromaClient'));
  }
}

/** Always refuses, like `CloudClient`. */
export class AdminCloudClient extends AdminClient {
  /** @throws VALUE_ARGUMENT */
  constructor(_args: CloudClientArgs = {}) {
    super(refuse('AdminCloudClient', 'AdminClient'));
  }
}

function refuse(name: string, instead: string): never {
  throw kindexError(
    'VALUE_ARGUMENT',
    `${name} is for Chroma Cloud, a hosted service; kindex keeps its store in this browser.`,
    { fix: `Use ${instead}, or the chromadb package for Chroma Cloud.` },
  );
}
