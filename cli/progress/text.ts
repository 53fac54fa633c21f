/** Text made safe and cut to size for a terminal. Pure. */

const COLOR = /\x1b\[[0-9;:]*m/;
// OSC/DCS/APC/PM strings up to their end, CSI sequences, two-character escapes; C1 forms too. Nothing in it is tried twice, however long a line is.
const SEQUENCES = /(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?/g;
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/** Most lines have nothing of it. */
const SPECIAL = /[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

/**
 * One line of foreign text with nothing in it that moves a cursor, sets a title or hides what follows: escape sequences go,
 * colours stay when `color`; of a line with bare carriage returns the last part stays, as on a terminal; tabs become a space
 * unless they are to stay, other control characters U+FFFD.
 */
export function cleanLine(text: string, color: boolean, { tabs = false }: { readonly tabs?: boolean } = {}): string {
  if (!SPECIAL.test(text)) return text;
  let end = text.length;
  while (text[end - 1] === '\r' || text[end - 1] === '\n') end -= 1;
  const shown = text.slice(0, end);
  const last = shown.slice(Math.max(shown.lastIndexOf('\r'), shown.lastIndexOf('\n')) + 1);
  const safe = last
    .replace(SEQUENCES, (sequence) => (color && COLOR.test(sequence) && sequence.endsWith('m') && sequence.startsWith('\x1b[') ? sequence : ''))
    .replaceAll('\t', tabs ? '\t' : ' ')
    .replace(CONTROLS, '\ufffd');
  return color && safe.includes('\x1b[') ? `${safe}\x1b[0m` : safe;
}

/** The first `count` non-empty lines of foreign text, each made safe. */
export function firstLines(text: string, count: number, color: boolean): string[] {
  return text.split('\n').map((line) => cleanLine(line, color)).filter((line) => line.trim() !== '').slice(0, count);
}

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });
const WIDE = /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\ufe0f/u;

function graphemeWidth(grapheme: string): number {
  if (/^[\p{M}\u200b-\u200f\u2060]+$/u.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

/** Columns that the text takes; colours take none. */
export function visibleWidth(text: string): number {
  let width = 0;
  for (const part of text.split(/(\x1b\[[0-9;:]*m)/)) {
    if (!COLOR.test(part)) for (const { segment } of segments.segment(part)) width += graphemeWidth(segment);
  }
  return width;
}

/** The text, cut with an ellipsis where it takes more than `width` columns. */
export function fit(text: string, width: number): string {
  if (visibleWidth(text) <= width) return text;
  let used = 0;
  let cut = '';
  for (const part of text.split(/(\x1b\[[0-9;:]*m)/)) {
    if (COLOR.test(part)) { cut += part; continue; }
    for (const { segment } of segments.segment(part)) {
      const columns = graphemeWidth(segment);
      if (used + columns > width - 1) return `${cut}${width > 0 ? '…' : ''}${cut.includes('\x1b[') ? '\x1b[0m' : ''}`;
      cut += segment;
      used += columns;
    }
  }
  return cut;
}

/** `left`, and `right` at the end of a line of `width` columns; `left` is cut first. */
export function spread(left: string, right: string, width: number): string {
  if (right === '') return fit(left, width);
  const room = width - visibleWidth(right) - 2;
  if (room < 8) return fit(left, width);
  const kept = fit(left, room);
  return `${kept}${' '.repeat(width - visibleWidth(right) - visibleWidth(kept))}${right}`;
}
