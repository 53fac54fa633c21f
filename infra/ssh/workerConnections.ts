import { KeptConnections } from './kept.js';

/** Of this process: what one step leaves is there for the next, and what a provider asks its servers costs no connection more. */
export const workerConnections = new KeptConnections();
