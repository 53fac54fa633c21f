/** Inputs from flags, and what only this host can say of them. */
import { accessSync, constants, statSync } from 'node:fs';
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

/**
 * What is wrong with a deploy's given inputs that is wrong on this host alone, a line each; `[]` when nothing is. What the file and
 * its actions can say (names, limits, choices), the plan says.
 */
export function checkDeployInputs(given: Readonly<Record<string, string>>): string[] {
  return [...checkKey(given['ssh-key']), ...checkUrl(given['discovery-url'])];
}

function checkKey(value: string | undefined): string[] {
  if (value === undefined || value === '') return [];
  const path = value;
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile() ? [] : [`input ssh-key: ${path} is not a file`];
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return [`input ssh-key: ${path} cannot be read (${code}): ${code === 'ENOENT' ? 'there is no such file' : 'let this user read it'}`];
  }
}

function checkUrl(value: string | undefined): string[] {
  if (value === undefined || value === '') return [];
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url && ['http:', 'https:'].includes(url.protocol) ? [] : [`input discovery-url: ${JSON.stringify(value.slice(0, 80))} is not an http or https URL`];
}
