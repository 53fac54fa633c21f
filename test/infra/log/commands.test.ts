import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMMAND_NAMES, escapeMessage, escapeProperty, mayBeCommand, parseCommand } from '../../../infra/log/commands.js';

function parsed(line: string, stopToken?: string): unknown {
  const command = parseCommand(line, stopToken);
  return command && [command.name, Object.fromEntries(command.properties), command.message];
}

describe('a workflow command', () => {
  it.each<readonly [string, unknown]>([
    ['::error::message', ['error', {}, 'message']],
    ['::error file=app.js,line=10,endColumn=7::a: b::c', ['error', { file: 'app.js', line: '10', endcolumn: '7' }, 'a: b::c']],
    ['::error  file=a::m', ['error', { file: 'a' }, 'm']],
    ['a] ##[error]m', ['error', {}, 'm']],
    ['  \t::Warning Title=T::m', ['warning', { title: 'T' }, 'm']],
    ['::ENDGROUP::', ['endgroup', {}, '']],
    ['::group::  spaces stay ', ['group', {}, '  spaces stay ']],
    ['::set-output name=a=b::v', ['set-output', { name: 'a=b' }, 'v']],
    ['::debug::100%25%0Atwo%0D', ['debug', {}, '100%\ntwo\r']],
    ['::debug::%250A', ['debug', {}, '%0A']],
    ['::debug::%3A%2C stay in a message', ['debug', {}, '%3A%2C stay in a message']],
    ['::notice title=a%3Ab%2Cc%25::m', ['notice', { title: 'a:b,c%' }, 'm']],
    ['::notice title=,file=::m', ['notice', {}, 'm']],
    ['::notice title==== a = b =,=line=3::m', ['notice', { title: ' a = b =', line: '3' }, 'm']],
    ['::notice ,,line=1,junk::m', ['notice', { line: '1' }, 'm']],
    ['##[group]My group', ['group', {}, 'My group']],
    ['##[error file=a;line=2]it%5D%3B', ['error', { file: 'a', line: '2' }, 'it];']],
    ['in the middle ##[warning]of a line', ['warning', {}, 'of a line']],
    ['::unknown::x ##[error]known', ['error', {}, 'known']],
  ])('is read from %j', (line, command) => expect(parsed(line)).toEqual(command));

  it.each(['', 'plain', 'a ::error::b', '::error', '::error:', ':: error::x', '::unknown::x', '::__proto__::x', '##[error', '##[unknown]x ##[error]y', '##vso[task]', 'std::error::x'])(
    'is not read from %j', (line) => expect(parsed(line)).toBeUndefined());

  it('keeps names that every object has as plain properties', () => {
    expect(parseCommand('::set-output name=__proto__,constructor=x::v')?.properties).toEqual(new Map([['name', '__proto__'], ['constructor', 'x']]));
  });

  it('is none while commands are stopped, but the token that goes on with them', () => {
    expect(parsed('::error::x', 'Token-1')).toBeUndefined();
    expect(parsed('::token-1::', 'Token-1')).toEqual(['resume', {}, '']);
    expect(parsed('##[TOKEN-1]', 'Token-1')).toEqual(['resume', {}, '']);
  });

  const name = fc.constantFrom(...COMMAND_NAMES);
  const key = fc.stringMatching(/^[A-Za-z][A-Za-z-]{0,8}$/);

  it('is read as it was written, whatever its texts hold', () => {
    fc.assert(fc.property(name, fc.array(fc.tuple(key, fc.string({ minLength: 1, unit: 'binary' })), { maxLength: 4 }), fc.string({ unit: 'binary' }), (command, properties, message) => {
      const unlike = new Map(properties.map(([property, value]) => [property.toLowerCase(), `x${value}x`]));
      const written = [...unlike].map(([property, value]) => `${property}=${escapeProperty(value)}`).join(',');
      expect(parseCommand(`::${command}${written && ' '}${written}::${escapeMessage(message)}`)).toEqual({ name: command, properties: unlike, message });
    }));
  });

  it('never holds a line break in what was written, so that it is one line', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(escapeMessage(text)).not.toMatch(/[\r\n]/);
      expect(escapeProperty(text)).not.toMatch(/[\r\n:,]/);
    }));
  });

  it('is read from any text without an error, and in time', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.constantFrom('::', '##[', ']', ' ', '=', ',', '%', '%25', 'error', 'group'), fc.string({ unit: 'binary' }))), (parts) => {
      const line = parts.join('');
      const command = parseCommand(line);
      if (command) expect(line.includes('::') || line.includes('##[')).toBe(true);
    }));
    expect(parsed(`::error ${'a=b,'.repeat(50_000)}::x`)).toEqual(['error', { a: 'b' }, 'x']);
  });

  it('is told from the beginning of its line', () => {
    fc.assert(fc.property(name, key, fc.string(), fc.nat(), (command, property, message, cut) => {
      for (const line of [`::${command} ${property}=x::${message}`, `##[${command}]${message}`]) expect(mayBeCommand(line.slice(0, cut % (line.length + 1)))).toBe(true);
    }));
    for (const text of ['x', '::unknown::', '::unknown x', '##[unknown]', `::${'e'.repeat(300)}`]) expect(mayBeCommand(text)).toBe(false);
  });
});
