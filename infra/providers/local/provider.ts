/** The local provider: a server is a container with systemd as PID 1 on a Docker engine. */
import type Docker from 'dockerode';
import type { Provider } from '../../provider.js';

export interface LocalProviderOptions {
  /** Image of the machines. @default fleetwright/machine:latest */
  readonly image?: string;
}

/**
 * Servers as containers `fleetwright-<cluster>-<name>` on the network `fleetwright-<cluster>`, with fixed addresses (core01 is
 * `.11`), found again by their labels. Nothing of other clusters on the engine is touched, and nothing is kept on this host.
 */
export function localProvider(_docker: Docker, _options: LocalProviderOptions = {}): Provider {
  throw new Error('to be filled');
}
