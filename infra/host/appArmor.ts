/** AppArmor in this host's kernel, and the program without which Docker cannot use it. */
import { readFile } from 'node:fs/promises';
import { findProgram } from '../docker/hostCommand.js';

/** Whether the kernel uses AppArmor, as Docker asks. @see https://docs.kernel.org/admin-guide/LSM/apparmor.html */
export async function usesAppArmor(): Promise<boolean> {
  return (await readFile('/sys/module/apparmor/parameters/enabled', 'utf8').catch(() => '')).startsWith('Y');
}

/** Whether the host has what loads profiles; undefined where none are used. */
export async function hasAppArmorParser(): Promise<boolean | undefined> {
  return await usesAppArmor() ? await findProgram('apparmor_parser') !== undefined : undefined;
}
