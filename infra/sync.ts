/**
 * Records that are on the disk before they count, for those who want to keep their guarantee through a power failure. Without it a record is the
 * kernel's: it outlives every process of ours, not the host.
 */
import { closeSync, existsSync, fdatasyncSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { truth } from './values/truth.js';

export const SYNC = 'FLEETWRIGHT_SYNC';

/** Whether it is asked for. @throws InvalidInputError when the variable says neither yes nor no */
export function syncsRecords(env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return truth(env, SYNC) ?? false;
}

/** What was written to the file is on the disk when it returns, if that is asked for. */
export function syncRecord(file: number): void {
  if (syncsRecords()) fdatasyncSync(file);
}

/** Makes the folder, its owner's alone, with those above; they are there after a power failure, if that is asked for. */
export function makeSyncedFolder(folder: string): void {
  const first = syncsRecords() ? missing(folder) : [];
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const made of first) syncFolder(dirname(made));
}

/** The names in the folder are on the disk when it returns, if that is asked for. */
export function syncNames(folder: string): void {
  if (syncsRecords()) syncFolder(folder);
}

function syncFolder(folder: string): void {
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function missing(folder: string): readonly string[] {
  return existsSync(folder) ? [] : [...missing(dirname(folder)), folder];
}
