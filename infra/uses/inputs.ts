/** Inputs and metadata of the built-in actions. */
import type { UsesAction } from '../../language/usesAction.js';
import { InvalidInputError } from '../errors.js';

/** @param inputs with their defaults @param postIf when its post stage runs */
export function builtInMetadata(
  name: string, inputs: Readonly<Record<string, string>>, outputs: readonly string[], postIf = 'success()',
): UsesAction {
  return {
    name, description: '', author: 'Fleetwright',
    inputs: Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, { description: '', required: false, default: value }])),
    outputs: Object.fromEntries(outputs.map((key) => [key, { description: '' }])),
    runs: { using: 'node', version: 'node24', main: '', preIf: 'always()', postIf },
  };
}

/** A boolean as the actions' own toolkit reads it. '' is false. @throws InvalidInputError */
export function flag(name: string, inputs: Readonly<Record<string, string>>): boolean {
  const text = inputs[name]?.trim() ?? '';
  if (['true', 'True', 'TRUE'].includes(text)) return true;
  if (['', 'false', 'False', 'FALSE'].includes(text)) return false;
  throw new InvalidInputError(`the input "${name}" is ${JSON.stringify(text)}`, 'Write true or false.');
}
