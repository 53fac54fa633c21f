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
