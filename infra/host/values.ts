/** Values that only the host on which a run works can judge: paths of keys, names of unit files. */
import { InvalidIdError, parseUnitName } from '../../language/ids.js';
import { InvalidInputError } from '../errors.js';
import { shippedUnit } from '../fleet/shippedUnits.js';
import { loadInventory } from '../providers/static/inventory.js';
import { checkPrivateKey } from '../ssh/keys.js';

/** What is wrong with a value, a line each; `[]` when nothing is. @param format as an action's input says it: `private-key`, `unit-files` */
export async function problemsOfValue(format: 'private-key' | 'unit-files' | 'inventory', value: string): Promise<readonly string[]> {
  const looks = { 'private-key': [() => checkPrivateKey(value)], 'unit-files': unitNames(value).map((name) => () => checkUnit(name)), inventory: [() => checkInventory(value)] };
  return (await Promise.all(looks[format].map(problems))).flat();
}

function unitNames(value: string): readonly string[] {
  return value.split(/\s+/).filter(Boolean);
}

async function checkInventory(path: string): Promise<void> {
  await loadInventory(path);
}

async function checkUnit(name: string): Promise<void> {
  await shippedUnit(parseUnitName(name));
}

async function problems(look: () => Promise<void>): Promise<readonly string[]> {
  try {
    await look();
    return [];
  } catch (error) {
    if (error instanceof InvalidInputError) return problemLines(error);
    if (error instanceof InvalidIdError) return [error.message];
    throw error;
  }
}

/** One problem a line; what to do about it ends the last. */
function problemLines({ message, remedy }: InvalidInputError): readonly string[] {
  const lines = message.slice(0, message.lastIndexOf(remedy)).trimEnd().split('\n');
  return lines.map((line, at) => (at === lines.length - 1 ? `${line}. ${remedy}` : line));
}
