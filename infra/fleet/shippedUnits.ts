/** The unit files that ship, in `fleet-services/`. */
import { readFile } from 'node:fs/promises';
import type { UnitName } from '../../language/ids.js';
import { InvalidInputError } from '../errors.js';
import { packagePath } from '../paths.js';
import type { UnitOption } from './unitFile.js';
import { readUnit } from './validateUnit.js';

/** The options of a unit file that ships. @throws InvalidInputError with every problem of the file */
export async function shippedUnit(name: UnitName): Promise<readonly UnitOption[]> {
  const text = await readFile(packagePath('fleet-services', name), 'utf8').catch(() => {
    throw new InvalidInputError(`there is no unit file fleet-services/${name}`, 'Name files of the folder fleet-services.');
  });
  return readUnit(text, name, `fleet-services/${name}`);
}
