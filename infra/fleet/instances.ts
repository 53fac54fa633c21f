/** Template units and their instances. fleet does not instantiate: each instance is sent with the template's options. */
import { parseUnitName, type UnitName } from '../../language/ids.js';
import { InvalidInputError } from '../errors.js';

/** The shipped units put an instance's two digits behind `180` as its port. */
const MOST = 99;

/** `instanceName('web@.service', 3)` is `web@03.service`. @throws InvalidInputError for no template, or a number not in 1..99 */
export function instanceName(template: UnitName, number: number): UnitName {
  if (!template.includes('@.')) throw new InvalidInputError(`${template} is not a template unit`, 'A template is named NAME@.service.');
  if (!Number.isInteger(number) || number < 1 || number > MOST) throw new InvalidInputError(`${number} is not an instance of ${template}`, `Instances are numbered from 1 to ${MOST}.`);
  return parseUnitName(template.replace('@.', `@${String(number).padStart(2, '0')}.`));
}

/** `web@01.service` … `web@NN.service`, as many as `count`. @throws InvalidInputError when count is not in 0..99 */
export function instanceNames(template: UnitName, count: number): readonly UnitName[] {
  if (!Number.isInteger(count) || count < 0 || count > MOST) throw new InvalidInputError(`${count} is not a number of instances of ${template}`, `Ask for at most ${MOST}.`);
  return Array.from({ length: count }, (_, index) => instanceName(template, index + 1));
}

/** `web@.service` of `web@03.service`; undefined for what is no instance. */
export function templateOf(name: UnitName): UnitName | undefined {
  return instanceOf(name) === undefined ? undefined : parseUnitName(name.replace(/@.*(\.\w+)$/, '@$1'));
}

/** `03` of `web@03.service`; undefined for what is no instance. */
export function instanceOf(name: UnitName): string | undefined {
  return /@(.+)\.\w+$/.exec(name)?.[1];
}
