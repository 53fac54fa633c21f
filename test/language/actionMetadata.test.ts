import { describe, expect, it } from 'vitest';
import { checkInputValue } from '../../language/actionInputs.js';
import { parseActionFile } from '../../language/actionMetadata.js';
import { formatDiagnostic, suggest } from '../../language/diagnostics.js';

const HEAD = 'name: A\ndescription: B\nruns: {using: activity, activity: a}\n';
const parse = (text: string) => parseActionFile(text, 'action.yml');
const problems = (text: string) => parse(text).diagnostics.map(formatDiagnostic);
const input = (text: string) => parse(`${HEAD}inputs:\n  x: ${text}`).action!.inputs.get('x')!;

describe('an action.yml', () => {
  it('says what the action takes, gives and does', () => {
    const { action } = parse(`${HEAD}inputs:\n  machines: {description: How many, type: number, default: 4, minimum: 3, minimum-hint: why, integer: true}\noutputs:\n  url: {description: Where}\n`);
    expect(action).toEqual({
      file: 'action.yml', name: 'A', description: 'B', activity: 'a',
      inputs: new Map([['machines', { description: 'How many', type: 'number', default: 4, minimum: 3, minimumHint: 'why', integer: true, required: false }]]),
      outputs: new Map([['url', { description: 'Where' }]]),
    });
  });

  it('is refused with every problem at once', () => {
    expect(problems('inputs:\n  x: {type: nubmer, minimum: low, pattern: "("}\n  y: {type: number, pattern: a, default: z}\noutput: {}\nruns: {using: node20, main: x}\n')).toEqual([
      'action.yml:1:1: "name" is missing',
      'action.yml:1:1: "description" is missing',
      'action.yml:2:3: input x is a string, and "minimum" is for a number',
      'action.yml:2:13: unknown type "nubmer": use string, number, boolean: did you mean "number"?',
      'action.yml:2:30: x.minimum must be a number, not "low"',
      expect.stringContaining('action.yml:2:44: x.pattern is no regular expression'),
      'action.yml:3:3: input y is a number, and "pattern" is for a string',
      'action.yml:3:42: y.default: "z" is not a number',
      'action.yml:4:1: unknown key "output" in the action: did you mean "outputs"?',
      'action.yml:5:15: "using" must be activity',
      'action.yml:5:23: "main" is known to GitHub, and Fleetwright does not do it yet',
    ]);
  });

  it('may be empty or a list, which is said', () => {
    expect(problems('')).toEqual(['action.yml:1:1: the file is empty']);
    expect(problems('[]')).toContain('action.yml:1:1: the action must be a mapping (key: value), not a list');
  });
});

describe('the value of an input', () => {
  it.each([
    ['{type: number, minimum: 3, minimum-hint: why}', 2, '2 is less than 3: why'],
    ['{type: number, minimum: 3}', '2', '2 is less than 3'],
    ['{type: number, maximum: 9}', 10, '10 is more than 9'],
    ['{type: number, integer: true}', 1.5, '1.5 is not a whole number'],
    ['{type: number}', 'four', '"four" is not a number'],
    ['{type: number}', '', '"" is not a number'],
    ['{type: number}', '0x10', '"0x10" is not a number'],
    ['{type: boolean}', 'yes', '"yes" is not a boolean: give true or false'],
    ["{pattern: 'a+'}", 'ab', '"ab" does not match a+'],
    ["{pattern: 'a|b', pattern-hint: say a or b}", 'xb', '"xb" is not allowed: say a or b'],
    ["{pattern: '[a-z]+', pattern-hint: letters}", 'a\n', '"a\\n" is not allowed: letters'],
    ['{options: [local, cloud]}', 'aws', '"aws" is not one of local, cloud'],
    ['{required: true}', '', 'it is required, and it is empty'],
  ])('%s refuses %j', (text, value, message) => expect(checkInputValue(input(text), value)).toMatchObject({ message }));

  it.each([
    ['{type: number, minimum: 3, maximum: 3, integer: true}', '3'],
    ['{type: number}', ' 1.5e3 '],
    ['{type: boolean}', 'True'],
    ["{pattern: '[a-z]+'}", ''],
    ['{options: [local]}', 'local'],
    ['{}', 5],
  ])('%s takes %j', (text, value) => expect(checkInputValue(input(text), value)).toBeUndefined());
});

describe('a suggestion', () => {
  it.each([['step', 'steps'], ['neesd', 'needs'], ['Runs-On', 'runs-on'], ['working', 'working-directory'], ['ru', 'run']])('for %s is %s', (word, meant) =>
    expect(suggest(word, ['name', 'needs', 'runs-on', 'working-directory', 'steps', 'run'])).toBe(`did you mean "${meant}"?`));

  it('is not made for what is like nothing', () => {
    expect(suggest('container', ['name', 'needs'])).toBeUndefined();
    expect(suggest('c', ['a', 'b'])).toBeUndefined();
    expect(suggest('', ['a'])).toBeUndefined();
    expect(suggest('x'.repeat(100_000), ['a'])).toBeUndefined();
  });
});
