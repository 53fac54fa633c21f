import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedEnv, EnvFileError, parseEnvFile, parsePathFile } from '../../language/envFiles.js';

const read = (text: string) => parseEnvFile(text, 'GITHUB_OUTPUT');

describe('an environment file', () => {
  it.each([
    ['', {}],
    ['a=1\n\nb=2', { a: '1', b: '2' }],
    ['a=b=c<<d\n', { a: 'b=c<<d' }],
    ['a=1\r\nb=2\r\n', { a: '1\r', b: '2\r' }],
    ['a=\n', { a: '' }],
    ['a=1\na=2\n', { a: '2' }],
    ['a<<EOF\nline 1\n\nb=2\nEOF\nc=3\n', { a: 'line 1\n\nb=2', c: '3' }],
    ['a<<EOF\nEOF\n', { a: '' }],
    ['a<<EOF\n\nEOF', { a: '' }],
    ['a<<x=y\nv\nx=y\n', { a: 'v' }],
    ['\uFEFFa=1', { a: '1' }],
    ['a<<EOF\r\none\r\ntwo\r\nEOF\r\n', { a: 'one\r\ntwo\r' }],
    ['__proto__=1\nconstructor=2\n', JSON.parse('{"__proto__": "1", "constructor": "2"}')],
  ])('%j holds its values', (text, values) => expect(read(text)).toEqual(values));

  it.each([
    ['a=1\nnonsense\n', 'GITHUB_OUTPUT, line 2: Invalid format "nonsense"'],
    ['=1\n', 'line 1: Invalid format "=1": the name is empty'],
    ['<<EOF\nEOF\n', 'line 1: Invalid format'],
    ['a<<\n\n', 'line 1: Invalid format'],
    ['x=1\na<<EOF\nline\n', 'line 2: Matching delimiter not found: no line says "EOF" after "a"'],
    ['a<<EOF\nEOF2', 'line 1: Matching delimiter not found'],
    ['a<<EOF\none\r\nEOF\r\n', 'line 1: Matching delimiter not found'],
    ['a=1\n\r\n', 'line 2: Invalid format'],
  ])('%j is an error that names the line', (text, message) => {
    expect(() => read(text)).toThrow(EnvFileError);
    expect(() => read(text)).toThrow(message);
  });

  it('cannot set NODE_OPTIONS for later steps', () => {
    expect(allowedEnv(parseEnvFile('A=1\nnode_options=--require x\n', 'GITHUB_ENV'))).toEqual({ env: { A: '1' }, refused: ['NODE_OPTIONS'] });
  });

  it('gives back any value that was written as a heredoc', () => {
    const value = fc.string().filter((text) => !text.split('\n').includes('END'));
    fc.assert(fc.property(value, (text) => {
      expect(read(`k<<END\n${text}\nEND\n`)).toEqual({ k: text });
    }));
  });
});

it('a path file holds one folder a line', () => expect(parsePathFile('/a\n\n /\n/b c\r\n')).toEqual(['/a', ' /', '/b c']));
