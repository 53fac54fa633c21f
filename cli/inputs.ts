/** Inputs from flags, and the checks of a deploy's inputs that the file's own schema cannot express. Pure, but for the key's file. */
import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidIdError, parseClusterName } from '../language/ids.js';
import type { Values } from '../language/plan.js';
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

const LEAST_MACHINES = 3;
const MOST_MACHINES = 99;
const MOST_WEB = 99;

/** What is wrong with a deploy's inputs, a line each; `[]` when nothing is. The same is checked again where the run is. */
export function checkDeployInputs(inputs: Values): string[] {
  return [...checkCluster(inputs['cluster']),
    ...whole('machines', inputs['machines'], LEAST_MACHINES, MOST_MACHINES, 'etcd needs three to survive the loss of one'),
    ...whole('web', inputs['web'], 1, MOST_WEB, 'web@NN answers on port 18000 + NN'),
    ...checkKey(inputs['ssh-key']), ...checkUrl(inputs['discovery-url'])];
}

/** For any file: an input named `cluster` is a cluster's name. */
export function checkCluster(value: Values[string] | undefined): string[] {
  if (value === undefined) return [];
  try {
    parseClusterName(String(value));
    return [];
  } catch (error) {
    if (error instanceof InvalidIdError) return [`input cluster: ${error.message}`];
    throw error;
  }
}

function whole(name: string, value: Values[string] | undefined, from: number, to: number, why: string): string[] {
  if (value === undefined || (typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to)) return [];
  return [`input ${name}: ${JSON.stringify(value)} is not a whole number from ${from} to ${to} (${why})`];
}

function checkKey(value: Values[string] | undefined): string[] {
  if (value === undefined || value === '') return [];
  const path = String(value);
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile() ? [] : [`input ssh-key: ${path} is not a file`];
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return [`input ssh-key: ${path} cannot be read (${code}): ${code === 'ENOENT' ? 'there is no such file' : 'let this user read it'}`];
  }
}

function checkUrl(value: Values[string] | undefined): string[] {
  if (value === undefined || value === '') return [];
  const url = URL.canParse(String(value)) ? new URL(String(value)) : undefined;
  return url && ['http:', 'https:'].includes(url.protocol) ? [] : [`input discovery-url: ${JSON.stringify(String(value).slice(0, 80))} is not an http or https URL`];
}
