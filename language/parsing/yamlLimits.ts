/** Limits on YAML text that are checked before anything recursive looks at it. */
import { type CST, Lexer, type LineCounter, Parser } from 'yaml';

/** GitHub's limit for a workflow file, in bytes. */
export const MOST_BYTES = 500 * 1024;
export const MOST_DEPTH = 100;
/** Values when every alias is written out. A file within the other limits has about 130,000 at the most. */
export const MOST_VALUES = 250_000;

/** The tokens of the text, or the offset at which it is nested too deep: the parser's time grows with the square of the depth. */
export function readTokens(text: string, lines: LineCounter): { readonly tokens: readonly CST.Token[] } | { readonly tooDeepAt: number } {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    // The document and a scalar stand on the stack too; exact depths are for the tree to judge.
    if (parser.stack.length > MOST_DEPTH + 2) return { tooDeepAt: parser.offset };
  }
  tokens.push(...parser.end());
  return { tokens };
}

/** Bytes of the text in UTF-8. */
export function byteLength(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    // Each half of a surrogate pair is two of the pair's four bytes.
    else bytes += unit >= 0xd800 && unit <= 0xdfff ? 2 : 3;
  }
  return bytes;
}
