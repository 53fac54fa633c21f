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

/** What values of several types have in common. */
export function commonType(types: readonly ExprType[]): ExprType {
  const [first = 'any', ...others] = types;
  return typeof first === 'string' && others.every((type) => type === first) ? first : 'any';
}

/** For a person: `a text`, `an object`. */
export function describeType(type: ExprType): string {
  if (typeof type === 'object') return type.kind === 'array' ? 'a list' : 'an object';
  return { any: 'anything', string: 'a text', number: 'a number', boolean: 'true or false', null: 'null' }[type];
}
