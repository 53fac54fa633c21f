/** The name of a provider, as a flag gives it. */
import { PROVIDER_NAMES } from '../../infra/providers/index.js';
import { UsageError } from '../errors.js';

/** @throws UsageError for a name that is no provider's */
export function checkProviderName(name: string): void {
  if (!PROVIDER_NAMES.includes(name)) throw new UsageError(`--provider ${JSON.stringify(name.slice(0, 80))}: use one of ${PROVIDER_NAMES.join(', ')}`);
}
