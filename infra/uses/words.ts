/** One line of words, as a shell without expansions splits it. */

/** Blanks part words; quotes and backslashes keep them together. */
export function splitWords(line: string): readonly string[] {
  const words = line.match(/(?:[^\s"'\\]|\\[\s\S]|"(?:[^"\\]|\\[\s\S])*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replace(/"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'|\\([\s\S])/g, (_, double?: string, single?: string, escaped?: string) =>
    double?.replace(/\\(["\\$`])/g, '$1') ?? single ?? escaped ?? ''));
}
