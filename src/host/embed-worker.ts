/** The embedding worker: its service on the worker's own port. */
import { createEmbedService } from './embed-service.js';
import { exposeService } from './expose.js';

export function startEmbed(): void {
  exposeService(createEmbedService(), { methods: ['embed', 'prepare'] });
}
