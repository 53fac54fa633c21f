/** JSON as `toJSON` writes it on GitHub: by Newtonsoft's writer, with numbers in .NET's format. */
import type { Json } from './expressionData.js';
import { numberText } from './numberText.js';

const INDENT = '  ';

/** Over several lines, by two blanks a level. NaN and the infinite are words. */
export function jsonText(value: Json, before = ''): string {
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'string') return quoted(value);
  if (value === null || typeof value === 'boolean') return String(value);
  const inner = before + INDENT;
  if (Array.isArray(value)) return nested('[', value.map((item) => jsonText(item as Json, inner)), ']', before);
  return nested('{', Object.entries(value).map(([name, member]) => `${quoted(name)}: ${jsonText(member as Json, inner)}`), '}', before);
}

function nested(open: string, parts: readonly string[], close: string, before: string): string {
  const inner = before + INDENT;
  return parts.length === 0 ? open + close : `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${before}${close}`;
}

/** Three line breaks that JavaScript leaves as they are. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u0085\u2028\u2029]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
