/** The site of a provider's clusters. */
import type Docker from 'dockerode';
import type { ClusterName } from '../../language/ids.js';
import { findEngine } from '../docker/find.js';
import { userRegistry } from '../images/userRegistry.js';
import { once } from '../once.js';
import type { Provider, ProviderSettings } from '../provider.js';
import type { Secret } from '../secret.js';
import { siteElsewhere } from './elsewhere.js';
import { siteHere } from './here.js';
import type { Site } from './site.js';

export interface SiteOptions {
  readonly provider: Provider;
  readonly cluster: ClusterName;
  readonly settings: ProviderSettings;
  /** This host's engine, installed and started where there is none: for machines here alone. */
  readonly docker: () => Promise<Docker>;
  /** Of the run. @default there are none */
  readonly secret?: (name: string) => Promise<Secret | undefined>;
}

export async function siteOf({ provider, cluster, settings, docker, secret = async () => undefined }: SiteOptions): Promise<Site> {
  if (provider.place === 'here') return siteHere(await docker(), cluster);
  // For machines elsewhere nothing is installed on this host: an engine that is there builds, else one of the machines does.
  const engine = once(async () => (await findEngine().catch(() => undefined))?.docker);
  return siteElsewhere({ provider, cluster, settings, engine, ...(settings['registry'] ? { registry: once(async () => (await userRegistry(settings, secret))!) } : {}) });
}
