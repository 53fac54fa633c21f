/** The scripts of host-setup/: what is done on a host that was not made for the cluster, one script a phase. */
import { readFile } from 'node:fs/promises';
import { packagePath } from '../paths.js';

export type ScriptName = 'look' | 'claim' | 'install' | 'configure' | 'remove';

export function hostScript(name: ScriptName): Promise<string> {
  return readFile(packagePath('host-setup', name), 'utf8');
}
