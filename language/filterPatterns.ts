/** GitHub's filter patterns, for branches, tags and paths. https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet */

/** Whether a list of patterns takes the name: in their order, a later `!pattern` takes out and a later `pattern` takes in again. */
export function matchesPatterns(patterns: readonly string[], name: string): boolean {
  let taken = false;
  for (const pattern of patterns) {
    const negative = pattern.startsWith('!');
    if (patternToRegExp(negative ? pattern.slice(1) : pattern).test(name)) taken = !negative;
  }
  return taken;
}

/** `*` is anything but "/", `**` anything; `?` and `+` say how often the character before them comes; `[]` is a set; `\` takes the next as it is. */
function patternToRegExp(pattern: string): RegExp {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!;
    if (char === '*') {
      const double = pattern[i + 1] === '*';
      if (double) i += 1;
      // "**/" is also nothing at all: **/README.md takes README.md.
      if (double && pattern[i + 1] === '/' && (source === '' || source.endsWith('/'))) {
        source += '(?:.*/)?';
        i += 1;
      } else source += double ? '.*' : '[^/]*';
    } else if ((char === '?' || char === '+') && /[\w\])./-]$/.test(source)) source += char;
    else if (char === '[') {
      const close = pattern.indexOf(']', i + 1);
      if (close < 0) source += '\\[';
      else {
        source += `[${pattern.slice(i + 1, close).replaceAll('\\', '\\\\').replace(/^\^/, '\\^')}]`;
        i = close;
      }
    } else if (char === '\\' && i + 1 < pattern.length) source += escape(pattern[++i]!);
    else source += escape(char);
  }
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    return new RegExp(`^${escape(pattern)}$`, 's');
  }
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Why a pattern can take no name at all. @param ofPaths of the names of files, and not of branches or tags */
export function patternProblem(pattern: string, ofPaths: boolean): string | undefined {
  const own = pattern.startsWith('!') ? pattern.slice(1) : pattern;
  if (own === '') return 'there is nothing behind the "!"';
  if (own !== own.trim()) return 'it begins or ends with a space';
  for (const [set, inside = ''] of own.matchAll(/(?<!\\)\[([^\]]*)\]?/g)) {
    if (!set.endsWith(']')) return 'a "[" is not closed with "]"';
    if (inside === '') return '"[]" is a set of nothing';
    for (const [range, from = '', to = ''] of inside.matchAll(/(.)-(.)/g)) if (from > to) return `in "${range}" the first comes after the last`;
  }
  if (ofPaths) return /^\.{0,2}\//.test(own) ? 'paths are written from the root of the repository, without "/", "./" or "../" before them' : undefined;
  const bad = /[ ~^:]/.exec(own.replaceAll(/\\./g, ''));
  if (bad) return `no branch or tag has ${JSON.stringify(bad[0])} in its name`;
  return own.startsWith('/') || own.endsWith('/') || own.includes('//') ? 'no branch or tag begins or ends with "/"' : undefined;
}
