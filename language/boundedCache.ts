/** Remembers what was made from a text, for the texts that were asked for lately. */

/** Texts longer than this, in characters, are not kept. */
const LONGEST = 4096;

/** @param most how many are kept @returns the value for a text, made when it is not known; what throws is not kept */
export function boundedCache<T>(most: number): (text: string, make: () => T) => T {
  const kept = new Map<string, T>();
  return (text, make) => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    const made = make();
    if (text.length > LONGEST) return made;
    const oldest = kept.size < most ? undefined : kept.keys().next().value;
    if (oldest !== undefined) kept.delete(oldest);
    kept.set(text, made);
    return made;
  };
}
