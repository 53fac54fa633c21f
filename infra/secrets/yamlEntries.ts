/** The entries of a mapping in a settings file, with where each stands. */
import { isAlias, isMap, isScalar, type Node, type Pair } from 'yaml';

/** Tells a problem. @param offset into the text; undefined: the file's start */
export type Report = (offset: number | undefined, message: string) => undefined;

export interface Entry { readonly name: string; readonly at: number; readonly value: unknown }

export function entries(node: unknown, what: string, report: Report): Entry[] {
  if (!isMap(node)) return report((node as Node | undefined)?.range?.[0], `${what} must be a mapping${isAlias(node) ? ', not an alias' : ''}`) ?? [];
  return node.items.flatMap((pair: Pair): Entry[] => {
    const at = (pair.key as Node | null)?.range?.[0] ?? node.range?.[0] ?? 0;
    const name = textOf(pair.key);
    return name === undefined ? report(at, `a key of ${what} is no text`) ?? [] : [{ name, at, value: pair.value }];
  });
}

export function isEmpty(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

export function textOf(node: unknown): string | undefined {
  return isScalar(node) && typeof node.value === 'string' ? node.value : isScalar(node) && typeof node.value === 'number' ? String(node.source ?? node.value) : undefined;
}
