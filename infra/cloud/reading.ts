/** Reading what a cloud answers: each function gives undefined for what its API does not promise. */

/** An object of a JSON body. */
export type Fields = Readonly<Record<string, unknown>>;

export function fields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Fields : undefined;
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The value under `key`, read with `read`: for bodies that wrap one thing, `{server: {…}}`. */
export function wrapped<T>(key: string, read: (value: unknown) => T | undefined): (body: unknown) => T | undefined {
  return (body) => read(fields(body)?.[key]);
}

/** The list under `key`; undefined when one of its elements cannot be read. */
export function listed<T>(key: string, read: (value: unknown) => T | undefined): (body: unknown) => readonly T[] | undefined {
  return wrapped(key, (value) => {
    if (!Array.isArray(value)) return undefined;
    const all = value.map(read);
    return all.every((one) => one !== undefined) ? all : undefined;
  });
}

/** For answers whose body says nothing. */
export function anything(): true {
  return true;
}

/** `{id, name}` */
export function idAndName(value: unknown): { readonly id: string; readonly name: string } | undefined {
  const id = text(fields(value)?.['id']);
  return id === undefined ? undefined : { id, name: text(fields(value)?.['name']) ?? '' };
}
