/** What a `run:` step without a name is called. */

/** Of the script's first line; more is of no use to a reader. */
const MOST = 80;
const EXPRESSION = /\$\{\{[\s\S]*?\}\}/g;

/** `Run npm ci`: a template, in which no expression is cut. */
export function scriptName(run: string): string {
  const text = run.trim();
  const line = text.indexOf('\n');
  let end = Math.min(line === -1 ? text.length : line, MOST);
  for (const { index, 0: expression } of text.matchAll(EXPRESSION)) {
    if (index < end) end = Math.max(end, index + expression.length);
  }
  return `Run ${text.slice(0, end)}`.trim();
}
