/** Inputs from flags. */
import { resolve } from 'node:path';
import { UsageError } from './errors.js';
import type { ProviderFlags, UpFlags } from './flags.js';

/** Where an inventory is when nobody says otherwise. */
const INVENTORY_FILE = 'inventory.yml';

/** What `-i name=value` flags say; the last of a name counts. @throws UsageError for one without `=` */
export function parseInputs(given: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(given.map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`-i ${JSON.stringify(text.slice(0, 80))} is not NAME=VALUE, as in -i web=12`);
    return [text.slice(0, at), text.slice(at + 1)];
  }));
}

/** The inputs of deploy.yml that `up`'s flags give; those not given are the file's own defaults. */
export function upInputs(flags: UpFlags): Record<string, string> {
  return { ...providerInputs(flags), ...given({
    'machines': flags.machines, 'web': flags.web, 'flavor': flags.flavor, 'image': flags.image, 'key': flags.key, 'network': flags.network,
    'discovery-url': flags.discoveryUrl, 'no-cache': flags.cache === false ? 'true' : undefined,
  }) };
}

/** The inputs of deploy.yml and of teardown.yml that say which cluster and where its servers are. Paths become absolute: the worker is in another folder. */
export function providerInputs(flags: ProviderFlags): Record<string, string> {
  const said = parseInputs(flags.input);
  const provider = flags.provider ?? said['provider'];
  const inventory = flags.inventory ?? said['inventory'] ?? (provider === 'static' ? INVENTORY_FILE : undefined);
  return { ...said, ...given({
    'cluster': flags.cluster, 'provider': flags.provider, 'region': flags.region,
    'inventory': inventory === undefined || inventory === '' ? inventory : resolve(inventory),
    'accept-new': flags.acceptNew ? 'true' : undefined,
    'ssh-key': flags.sshKey === undefined || flags.sshKey === '' ? flags.sshKey : resolve(flags.sshKey),
  }) };
}

function given(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
