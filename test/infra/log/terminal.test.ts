import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printLines, type PrintLinesOptions, printModeOf } from '../../../infra/log/printLines.js';
import { TerminalText } from '../../../infra/log/terminal.js';

function shown(output: string | Buffer, color = true, sizes: readonly number[] = [1e9]): string {
  const terminal = new TerminalText({ color });
  const bytes = Buffer.from(output);
  let text = '';
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    text += terminal.push(bytes.subarray(at, at + size));
    at += size;
  }
  return text + terminal.end();
}

describe('what passes to a terminal', () => {
  it.each<readonly [string, string, string]>([
    ['text and tabs', 'plain ünï 漢字 🚀\t\n', 'plain ünï 漢字 🚀\t\n'],
    ['colours', '\x1b[1;31mred\x1b[m \x1b[38:2::1:2:3mx\x1b[0m', '\x1b[1;31mred\x1b[m \x1b[38:2::1:2:3mx\x1b[0m'],
    ['no clear-screen, no cursor', 'a\x1b[2J\x1b[Hb\x1b[10;20fc\x1b[?25ld\x1b[>4;1me', 'abcde'],
    ['no title', 'a\x1b]0;title\x07b\x1b]2;title\x1b\\c', 'abc'],
    ['no link, no clipboard', '\x1b]8;;x:y\x1b\\text\x1b]8;;\x1b\\ \x1b]52;c;aGk=\x07', 'text '],
    ['no data of a device', 'a\x1bP1$r0m\x1b\\b\x1b^x\x1b\\c\x1b_y\x1b\\d\x1bXz\x1b\\e', 'abcde'],
    ['no other escapes', 'a\x1bcb\x1b(0c\x1b7d\x1b#8e\x1b=f', 'abcdef'],
    ['none of one byte', 'a\u009b2Jb\u009d0;title\u009cc\u0090x\u009cd\u0085', 'abcd\ufffd'],
    ['CR LF as a line break', 'a\r\nb\r\r\nc', 'a\nb\nc'],
    ['a CR alone as a line break', '10%\r20%\r\r30%\r', '10%\n20%\n30%\n'],
    ['control characters as U+FFFD', 'a\0b\x07c\x08d\x7fe\x0bf\x0cg', 'a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf\ufffdg'],
    ['a title that nobody ends up to the end of its line', 'a\x1b]0;title\nb', 'a\nb'],
    ['nothing of what ends too early', 'a\x1b[3', 'a'],
    ['nothing of a lone escape', 'a\x1b', 'a'],
    ['an escape behind another', '\x1b\x1b[31mx\x1b[\x1b[0m', '\x1b[31mx\x1b[0m'],
  ])('is %s', (_, output, text) => expect(shown(output)).toBe(text));

  it('is no colour where none is wanted', () => expect(shown('\x1b[31mred\x1b[0m', false)).toBe('red'));

  it('has U+FFFD for bytes that are not UTF-8', () => {
    expect(shown(Buffer.from([0x61, 0xff, 0x62, 0xc3, 0x28, 0xe2, 0x82]))).toBe('a\ufffdb\ufffd(\ufffd');
  });

  const piece = fc.oneof(
    fc.constantFrom('\x1b', '[', ']', '0;', '31', 'm', 'J', '\x07', '\\', '\r', '\n', '\u009b', '\u009d', '\u009c', 'P', 'é', '🚀', ' ', '\x1b[31m', '\x1b]0;x'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );

  it('is the same wherever the chunks break, and never moves, clears or rings', () => {
    fc.assert(fc.property(fc.array(piece), fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), fc.boolean(), (pieces, sizes, color) => {
      const text = shown(pieces.join(''), color, sizes);
      expect(text).toBe(shown(pieces.join(''), color));
      expect(text.replaceAll(color ? /\x1b\[[0-9;:]*m/g : /$^/g, '')).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
    }), { numRuns: 1000 });
  });

  it('keeps nothing of a title of megabytes', () => {
    const terminal = new TerminalText();
    expect(terminal.push(Buffer.from('a\x1b]0;'))).toBe('a');
    for (let i = 0; i < 100; i++) expect(terminal.push(Buffer.alloc(100_000, 0x78))).toBe('');
    expect(terminal.push(Buffer.from('\x07b'))).toBe('b');
  });
});

function printed(output: string, options: Partial<PrintLinesOptions> = {}): string {
  let text = '';
  const printer = printLines({ mode: 'plain', prefix: 'build | ', write: (more) => { text += more; }, ...options });
  for (const part of output.match(/[^]{1,5}/gu) ?? []) printer.push(Buffer.from(part));
  printer.end();
  return text;
}

const STORED = '##[group]Install\nfetching\n##[endgroup]\n##[error]bad 100%\n##[warning]hm\n##[notice]so\n##[debug]d\nlast';

describe('printed lines', () => {
  it('have the name of their job, and marks as words', () => {
    expect(printed(STORED)).toBe('build | Install\nbuild | fetching\nbuild | Error: bad 100%\nbuild | Warning: hm\nbuild | Notice: so\nbuild | Debug: d\nbuild | last\n');
  });

  it('are folded and coloured on a terminal', () => {
    expect(printed(STORED, { mode: 'terminal' })).toBe([
      'build | ▼ \x1b[1mInstall\x1b[0m', 'build |   fetching', 'build | \x1b[31mError: bad 100%\x1b[0m', 'build | \x1b[33mWarning: hm\x1b[0m', 'build | \x1b[36mNotice: so\x1b[0m', 'build | \x1b[2mDebug: d\x1b[0m',
      'build | last', '',
    ].join('\n'));
  });

  it('leave a group where the next begins', () => {
    expect(printed('##[group]a\n1\n##[group]b\n2\n##[endgroup]\n3\n', { mode: 'terminal', color: false, prefix: '' })).toBe('▼ a\n  1\n▼ b\n  2\n3\n');
  });

  it("are commands again in GitHub's own log", () => {
    expect(printed(STORED, { mode: 'github' })).toBe('::group::Install\nbuild | fetching\n::endgroup::\n::error::bad 100%25\n::warning::hm\n::notice::so\n::debug::d\nbuild | last\n');
  });

  it("are no commands in GitHub's own log where they are not marked", () => {
    expect(printed(' ::add-mask::x\na ##[add-mask]y\n', { mode: 'github', prefix: '' })).toBe(' :\u200b:add-mask::x\na ##\u200b[add-mask]y\n');
  });

  it('end their colours with the line, and begin them again', () => {
    expect(printed('\x1b[31mred\nstill \x1b[1mbold\nand\x1b[0m not\nplain\n', { mode: 'terminal', prefix: '| ' })).toBe(
      '| \x1b[31mred\x1b[0m\n| \x1b[31mstill \x1b[1mbold\x1b[0m\n| \x1b[31m\x1b[1mand\x1b[0m not\x1b[0m\n| plain\n');
  });

  it('have no colours but on a terminal', () => expect(printed('\x1b[31mred\x1b[0m\n')).toBe('build | red\n'));

  it('are whole: nothing is printed before the line ends', () => {
    const writes: string[] = [];
    const printer = printLines({ mode: 'plain', write: (text) => void writes.push(text) });
    printer.push(Buffer.from('no '));
    expect(writes).toEqual([]);
    printer.push(Buffer.from('more\nand'));
    expect(writes).toEqual(['no more\n']);
    printer.end();
    expect(writes).toEqual(['no more\n', 'and\n']);
  });

  it('are broken where they are too long to be kept', () => {
    const text = printed('x'.repeat(200_000), { prefix: '' });
    expect(text.split('\n').map(({ length }) => length)).toEqual([65536, 65536, 65536, 3392, 0]);
  });

  it.each<readonly [Record<string, string>, boolean, string]>([[{ GITHUB_ACTIONS: 'true' }, true, 'github'], [{}, true, 'terminal'], [{ GITHUB_ACTIONS: '' }, false, 'plain']])(
    'know where they are printed: %j, %s', (environment, isTerminal, mode) => expect(printModeOf(environment, isTerminal)).toBe(mode));
});
