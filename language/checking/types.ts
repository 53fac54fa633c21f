/** What is known of an expression's value before there is one. */

export type ExprType = 'any' | 'string' | 'number' | 'boolean' | 'null' | ArrayType | ObjectType;

export interface ArrayType {
  readonly kind: 'array';
  readonly item: ExprType;
  /** Made by `.*`: a member of it is that member of every item. */
  readonly filtered: boolean;
}

export interface ObjectType {
  readonly kind: 'object';
  /** By name as written. Names are compared without case. */
  readonly members: Readonly<Record<string, ExprType>>;
  /** Of members that are not named; absent: there are no others. */
  readonly rest?: ExprType;
}

/** An object with these members and no others. */
export function exactly(members: Readonly<Record<string, ExprType>>): ObjectType {
  return { kind: 'object', members };
}

/** An object of any members, all of this type. */
export function mapOf(rest: ExprType): ObjectType {
  return { kind: 'object', members: {}, rest };
}

export function listOf(item: ExprType, filtered = false): ArrayType {
  return { kind: 'array', item, filtered };
}

/** The member's type; undefined when there is no such member. */
export function memberOf({ members, rest }: ObjectType, name: string): ExprType | undefined {
  const folded = name.toLowerCase();
  const own = Object.keys(members).find((key) => key.toLowerCase() === folded);
  return own === undefined ? rest : members[own];
}

/** What values of several types have in common: objects have the members of all of them, since a row may leave one out. */
export function commonType(types: readonly ExprType[]): ExprType {
  const [first = 'any', ...others] = types;
  return others.reduce(merged, first);
}

function merged(one: ExprType, other: ExprType): ExprType {
  if (one === other) return one;
  if (typeof one !== 'object' || typeof other !== 'object') return 'any';
  if (one.kind === 'array') return other.kind === 'array' ? listOf(merged(one.item, other.item), one.filtered && other.filtered) : 'any';
  if (other.kind === 'array') return 'any';
  const members = { ...one.members };
  for (const [name, type] of Object.entries(other.members)) {
    const same = Object.keys(members).find((key) => key.toLowerCase() === name.toLowerCase());
    members[same ?? name] = same === undefined ? type : merged(members[same]!, type);
  }
  const rests = [one.rest, other.rest].filter((rest) => rest !== undefined);
  return { kind: 'object', members, ...(rests.length === 0 ? {} : { rest: commonType(rests) }) };
}

/** Of a value that is written out. @param ofText of a text, where texts can be more than they are, such as a template */
export function typeOfValue(value: unknown, ofText: (text: string) => ExprType = () => 'string'): ExprType {
  if (Array.isArray(value)) return listOf(commonType((value as unknown[]).map((item) => typeOfValue(item, ofText))));
  if (typeof value === 'string') return ofText(value);
  if (typeof value === 'number' || typeof value === 'boolean') return typeof value as 'number' | 'boolean';
  if (typeof value !== 'object' || value === null || Object.keys(value).some((name) => ofText(name) === 'any')) return 'any';
  return exactly(Object.fromEntries(Object.entries(value).map(([name, member]) => [name, typeOfValue(member, ofText)])));
}

/** For a person: `a text`, `an object`. */
export function describeType(type: ExprType): string {
  if (typeof type === 'object') return type.kind === 'array' ? 'a list' : 'an object';
  return { any: 'anything', string: 'a text', number: 'a number', boolean: 'true or false', null: 'null' }[type];
}
