/** The inventory as it stands in a file of this host. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { formatDiagnostic } from '../../../language/diagnostics.js';
import { type Inventory, readInventory } from '../../../language/inventory.js';
import { InvalidInputError } from '../../errors.js';

/** Where it is when nobody says otherwise, in the folder of the command. */
export const INVENTORY_FILE = 'inventory.yml';

/** @param path empty for INVENTORY_FILE @throws InvalidInputError with every problem, a line each */
export async function loadInventory(path: string): Promise<Inventory> {
  const file = path || INVENTORY_FILE;
  const { inventory, diagnostics } = readInventory(await read(file), file);
  if (inventory) return inventory;
  throw new InvalidInputError(diagnostics.map(formatDiagnostic).join('\n'), 'deployments/inventory.example.yml shows how one is written.');
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(resolve(file), 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new InvalidInputError(`the inventory ${file} ${code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? 'unknown error'})`}`, 'Give the path of one with --inventory; deployments/inventory.example.yml shows how one is written.');
  }
}
