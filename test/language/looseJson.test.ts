import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLooseJson } from '../../language/looseJson.js';

describe('JSON that is not quite', () => {
  it.each<readonly [string, unknown]>([
    ["['a', 'b']", ['a', 'b']],
    [" [ 'it\\'s', \"it's\", ] ", ["it's", "it's"]],
    ["{'a': True}", undefined],
    ["{'a': true, b_2: null, $c: [1,],}", { a: true, b_2: null, $c: [1] }],
    ['"two\nlines\tand a tab"', 'two\nlines\tand a tab'],
    ["'\\u0041\\n\\/'", 'A\n/'],
    ["'\\x'", undefined],
    ["'open", undefined],
    ['[1 /* one */, // two\n 2]', [1, 2]],
    ['{"a":1} and what follows', { a: 1 }],
    ['[0x1F, 010, .5, 1., -1e3, 08]', undefined],
    ['[0x1F, 010, .5, 1., -1e3, -0x1]', undefined],
    ['[0x1F, 010, .5, 1., -1e3]', [31, 8, 0.5, 1, -1000]],
    ['[NaN, Infinity, -Infinity]', [NaN, Infinity, -Infinity]],
    ['[,]', undefined],
    ['[1 2]', undefined],
    ['{a 1}', undefined],
    ['{"a": }', undefined],
    ['undefined', undefined],
    ['truer', undefined],
    ['word', undefined],
    ['', undefined],
    ["{'__proto__': 1}", JSON.parse('{"__proto__": 1}')],
  ])('%j is read as on GitHub', (text, value) => {
    if (value === undefined) expect(() => parseLooseJson(text)).toThrow(SyntaxError);
    else expect(parseLooseJson(text)).toEqual(value);
  });

  it('is plain data whatever its names', () => {
    expect(Object.keys(parseLooseJson("{'__proto__': {polluted: true}}") as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('is an error when it is nested too deep for anybody', () => {
    expect(() => parseLooseJson(`${"['x',".repeat(100_000)}`)).toThrow(SyntaxError);
  });

  it('gives what JSON gives, with another quote and a comma more', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify([value]);
      expect(parseLooseJson(text)).toEqual(JSON.parse(text));
      expect(parseLooseJson(text.replace(/\]$/, ',]'))).toEqual(JSON.parse(text));
    }));
  });
});
