/** Inputs from flags. */
import { resolve } from 'node:path';
import { UsageError } from './errors.js';
import type { UpFlags } from './flags.js';

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
  const named = {
    'cluster': flags.cluster, 'provider': flags.provider, 'machines': flags.machines, 'web': flags.web,
    'ssh-key': flags.sshKey === undefined || flags.sshKey === '' ? flags.sshKey : resolve(flags.sshKey),
    'discovery-url': flags.discoveryUrl,
    'no-cache': flags.cache === false ? 'true' : undefined,
  };
  const flagged = Object.entries(named).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...parseInputs(flags.input), ...Object.fromEntries(flagged) };
}
