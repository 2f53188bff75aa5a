/** The embedding worker: its service on the worker's own port. */
import { createEmbedService, type EmbedServiceOptions } from './embed-service.js';
import { exposeService } from './expose.js';

export function startEmbed(options: EmbedServiceOptions = {}): void {
  exposeService(createEmbedService(options), { methods: ['embed', 'prepare'] });
}
