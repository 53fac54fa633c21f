/** The providers by name. */
import type Docker from 'dockerode';
import { InvalidInputError } from '../errors.js';
import type { Provider, ProviderSettings } from '../provider.js';
import type { Secret } from '../secret.js';
import type { ProgressListener } from '../progressListener.js';

/** What providers need from outside. */
export interface ProviderDependencies {
  /** The Docker engine of this host: found, or installed and started. Only the local provider asks for it. */
  readonly docker: () => Promise<Docker>;
  /** @default none */
  readonly settings?: ProviderSettings;
  /** A secret of the run, or of the worker's environment. @default there are none */
  readonly secret?: (name: string) => Promise<Secret | undefined>;
  /** What a provider does that takes its time. @default nobody listens */
  readonly onProgress?: ProgressListener;
}

/** Each is loaded when it is asked for: what one needs is nothing to the others. */
const FACTORIES: Readonly<Record<string, (dependencies: ProviderDependencies) => Promise<Provider>>> = {
  local: async ({ docker }) => (await import('./local/provider.js')).localProvider(await docker()),
  static: async ({ settings = {}, secret }) => {
    const { staticProvider } = await import('./static/provider.js');
    return staticProvider({ settings, sudoPassword: async () => secret?.('SUDO_PASSWORD') });
  },
  openstack: async (dependencies) => (await import('./openstack/factory.js')).openstackProvider(dependencies),
  rackspace: async (dependencies) => (await import('./openstack/factory.js')).rackspaceProvider(dependencies),
};

/** The names that `providerNamed` knows. */
export const PROVIDER_NAMES: readonly string[] = Object.keys(FACTORIES);

/** @throws InvalidInputError for a name that is not a provider's, with those that are; what the provider says of its settings */
export async function providerNamed(name: string, dependencies: ProviderDependencies): Promise<Provider> {
  const factory = Object.hasOwn(FACTORIES, name) ? FACTORIES[name] : undefined;
  if (factory) return factory(dependencies);
  throw new InvalidInputError(
    `there is no provider ${JSON.stringify(name.slice(0, 80))}`,
    `Use one of: ${PROVIDER_NAMES.join(', ')}.`,
  );
}
