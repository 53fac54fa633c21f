/** The forms in which a secret turns up in output: as GitHub's runner knows them, and those of common tools. */

/** Shorter texts are no secrets: hiding them would hide half of a log, and tell what they are. In characters. */
export const SHORTEST_SECRET = 4;

/** PowerShell prints the parts of a command around `&` on their own; shorter parts than this are left. */
const SHORTEST_POWERSHELL_PART = 6;
/** `base64` and PEM break lines there. */
const WRAPPED_AT = [76, 64] as const;

/** All texts of at least `SHORTEST_SECRET` bytes that give the secret away, as binary strings (one character a byte of UTF-8). */
export function encodingsOf(secret: string): ReadonlySet<string> {
  const texts = new Set([secret, secret.trim(), secret.replaceAll('\r\n', '\n'), secret.replaceAll(/\r?\n/g, '\r\n')]);
  for (const line of secret.split(/[\r\n]+/)) texts.add(line.trim());
  const found = new Set<string>();
  for (const text of texts) {
    if (text.length < SHORTEST_SECRET) continue;
    for (const form of formsOf(text)) {
      const bytes = Buffer.from(form, 'utf8').toString('latin1');
      if (bytes.length >= SHORTEST_SECRET && bytes.trim() !== '') found.add(bytes);
    }
  }
  return found;
}

function formsOf(text: string): readonly string[] {
  return [text, ...quoted(text), ...jsonEscaped(text), ...uriEscaped(text), ...xmlEscaped(text), ...powerShellParts(text), ...base64(text)];
}

function quoted(text: string): readonly string[] {
  return [
    text.replaceAll('"', '\\"'), // an argument, as docker's command line has it
    text.replaceAll("'", "''"), // an expression's string, and PowerShell's
    text.replaceAll("'", `'\\''`), // a shell's trace
    ...(text.length > 8 && text.startsWith('"') && text.endsWith('"') ? [text.slice(1, -1)] : []),
  ];
}

function jsonEscaped(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const code = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  // Writers differ in what they escape beyond the needed: all but ASCII, or what HTML minds.
  return [json, json.replaceAll(/[^\x00-\x7f]/g, code), json.replaceAll(/[<>&\u2028\u2029]/g, code), json.replaceAll('/', '\\/')];
}

function uriEscaped(text: string): readonly string[] {
  const escape = (kept: RegExp): string => [...Buffer.from(text, 'utf8')].map((byte) => {
    const character = String.fromCharCode(byte);
    return kept.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
  const strict = escape(/[\w.~-]/);
  const lower = strict.replaceAll(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());
  return [strict, lower, strict.replaceAll('%20', '+'), escape(/[\w.~!*'()-]/), escape(/[\w.~!*'();/?:@&=+$,#-]/)];
}

function xmlEscaped(text: string): readonly string[] {
  const body = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [body, body.replaceAll('"', '&quot;').replaceAll("'", '&apos;'), body.replaceAll('"', '&quot;').replaceAll("'", '&#39;'), body.replaceAll('"', '&#34;').replaceAll("'", '&#39;')];
}

/** An error of PowerShell colours the character after `&+`, and breaks the command after its last `&`. */
function powerShellParts(text: string): readonly string[] {
  const plus = text.indexOf('&+');
  const parts = plus >= 0
    ? [text.slice(0, plus + 2), text.slice(plus + 3)]
    : text.includes('&') ? [text.slice(0, text.lastIndexOf('&') + 1), text.slice(text.lastIndexOf('&') + 1)] : [];
  return parts.filter((part) => part.length >= SHORTEST_POWERSHELL_PART);
}

/**
 * Base64 of any text that holds the secret: three bytes are four digits, so what comes before the secret shifts it in one of three ways. The digits
 * that the secret alone decides are hidden; one at either edge that it shares with its neighbour is not.
 */
function base64(text: string): readonly string[] {
  const bytes = Buffer.from(text, 'utf8');
  const forms: string[] = [];
  for (const shift of [0, 1, 2]) {
    const padded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    const from = Math.ceil((8 * shift) / 6);
    const until = Math.floor((8 * (shift + bytes.length)) / 6);
    forms.push(padded.slice(from, until), padded.slice(from));
  }
  const alone = forms[0]!;
  for (const width of WRAPPED_AT) {
    for (let at = 0; alone.length > width && at < alone.length; at += width) forms.push(alone.slice(at, at + width));
  }
  return forms.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}
