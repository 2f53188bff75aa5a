/** A customer-managed encryption key, as a schema names one. Kept and given back; nothing is encrypted with it here. */
import { kindexError } from '../../base/errors.js';

export const CmekProvider = { GCP: 'gcp' } as const;
export type CmekProvider = (typeof CmekProvider)[keyof typeof CmekProvider];

export class Cmek {
  readonly provider: CmekProvider;
  readonly resource: string;

  private constructor(provider: CmekProvider, resource: string) {
    this.provider = provider;
    this.resource = resource;
  }

  /** `resource`: `projects/…/locations/…/keyRings/…/cryptoKeys/…`; not checked here, see `validatePattern`. */
  static gcp(resource: string): Cmek {
    return new Cmek(CmekProvider.GCP, resource);
  }

  /** Whether the name has the provider's form; not whether such a key exists. Cost: linear in its length. */
  validatePattern(): boolean {
    let rest = this.resource;
    if (!rest.startsWith('projects/') || /[\n\r\u2028\u2029]/.test(rest)) return false;
    rest = rest.slice('projects/'.length);
    for (const mark of ['/locations/', '/keyRings/', '/cryptoKeys/']) {
      // A part has at least one character, and may hold slashes.
      const at = rest.indexOf(mark, 1);
      if (at < 0) return false;
      rest = rest.slice(at + mark.length);
    }
    return rest !== '';
  }

  toJSON(): Record<string, unknown> {
    return { [this.provider]: this.resource };
  }

  /** @throws VALUE_SCHEMA when `data` names no provider known here */
  static fromJSON(data: Record<string, unknown>): Cmek {
    const resource: unknown = data?.[CmekProvider.GCP];
    if (typeof resource === 'string') return Cmek.gcp(resource);
    throw kindexError(
      'VALUE_SCHEMA',
      `Unsupported or missing CMEK provider in data: ${JSON.stringify(data)}`,
      { fix: "Give { gcp: 'projects/…/locations/…/keyRings/…/cryptoKeys/…' }." },
    );
  }
}
