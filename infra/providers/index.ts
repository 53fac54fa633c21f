/** The providers by name. */
import type Docker from 'dockerode';
import { InvalidInputError } from '../errors.js';
import type { Provider } from '../provider.js';
import { localProvider } from './local/provider.js';

/** What providers need from outside. */
export interface ProviderDependencies {
  /** The engine on which the local provider's machines are containers. */
  readonly docker: Docker;
}

const FACTORIES: Readonly<Record<string, (dependencies: ProviderDependencies) => Provider>> = {
  local: ({ docker }) => localProvider(docker),
};

/** The names that `providerNamed` knows. */
export const PROVIDER_NAMES: readonly string[] = Object.keys(FACTORIES);

/** @throws InvalidInputError for a name that is not a provider's; the message lists those that are */
export function providerNamed(name: string, dependencies: ProviderDependencies): Provider {
  const factory = Object.hasOwn(FACTORIES, name) ? FACTORIES[name] : undefined;
  if (factory) return factory(dependencies);
  throw new InvalidInputError(
    `there is no provider ${JSON.stringify(name.slice(0, 80))}`,
    `Use one of: ${PROVIDER_NAMES.join(', ')}.`,
  );
}
