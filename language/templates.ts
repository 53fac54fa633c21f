/** Splits text at its `${{ }}`. A `}}` inside a quoted string does not end an expression. */

export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string; readonly offset: number }
  /** `text` is what stands between the braces, spaces included; `offset` is where it starts. */
  | { readonly kind: 'expression'; readonly text: string; readonly offset: number };

/** A `${{` without its `}}`. `offset` is where it starts in the template. */
export class UnterminatedExpressionError extends Error {
  override readonly name = 'UnterminatedExpressionError';
  constructor(readonly offset: number) {
    super('an expression was opened with ${{ and never closed with }}');
  }
}

/** @throws UnterminatedExpressionError */
export function splitTemplate(template: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let at = 0;
  while (at < template.length) {
    const open = template.indexOf('${{', at);
    const textEnd = open < 0 ? template.length : open;
    if (textEnd > at) parts.push({ kind: 'text', text: template.slice(at, textEnd), offset: at });
    if (open < 0) break;
    const close = findClose(template, open + 3);
    if (close < 0) throw new UnterminatedExpressionError(open);
    parts.push({ kind: 'expression', text: template.slice(open + 3, close), offset: open + 3 });
    at = close + 2;
  }
  return parts;
}

/** Whether the text holds `${{`. */
export function hasExpression(text: unknown): boolean {
  return typeof text === 'string' && text.includes('${{');
}

/** The expression when the template is one and nothing else: such a template keeps the type of its value. */
export function soleExpression(template: string): string | undefined {
  const parts = splitTemplate(template);
  const only = parts[0];
  return parts.length === 1 && only?.kind === 'expression' ? only.text : undefined;
}

/**
 * What an `if:` holds: `${{ x }}` and `x` mean the same there. Anything around the braces, be it the line break at the end of a block, makes
 * a text of it, which is true, as on GitHub.
 */
export function conditionText(text: string): string {
  return hasExpression(text) ? (soleExpression(text)?.trim() ?? templateAsFormat(text)) : text.trim();
}

/** `a ${{ x }} b` as the one expression `format('a {0} b', x)`, which is what GitHub makes of it in an `if:`. */
function templateAsFormat(template: string): string {
  const args: string[] = [];
  const text = splitTemplate(template).map((part) => {
    if (part.kind === 'text') return part.text.replaceAll('{', '{{').replaceAll('}', '}}').replaceAll("'", "''");
    args.push(part.text);
    return `{${args.length - 1}}`;
  });
  return `format('${text.join('')}'${args.map((arg) => `, ${arg}`).join('')})`;
}

function findClose(template: string, from: number): number {
  let quoted = false;
  for (let i = from; i < template.length; i++) {
    if (template[i] === "'") quoted = !quoted;
    else if (!quoted && template[i] === '}' && template[i + 1] === '}') return i;
  }
  return -1;
}
