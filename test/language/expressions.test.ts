import { describe, expect, it } from 'vitest';
import {
  evaluateBoolean, evaluateCondition, evaluateExpression, evaluateNumber, evaluateTemplate, ExpressionError, parseExpression, templateText,
} from '../../language/expressions.js';
import { stepStatusFunctions } from '../../language/conclusions.js';

const scope = {
  contexts: {
    github: { ref: 'refs/heads/main' },
    inputs: { web: 12, name: 'Demo', loud: false, 'discovery-url': 'http://x' },
    steps: { a: { outcome: 'failure' }, b: { outcome: 'success' } },
    matrix: { os: ['debian', 'fedora'], deep: { n: [1, { x: 2 }] } },
    env: JSON.parse('{"__proto__": "p", "constructor": "c", "EMPTY": ""}') as object,
  },
};

describe('an expression', () => {
  it.each([
    ["'it''s a ''quoted'' word'", "it's a 'quoted' word"],
    ["inputs.name == 'DEMO'", true],
    ["null == 0 && true == 1 && '' == 0", true],
    ["'x' == 0", false],
    ['inputs.missing', null],
    ['inputs.missing.deeper', null],
    ["inputs['discovery-url']", 'http://x'],
    ['INPUTS.Web', 12],
    ['inputs.web > 9 && inputs.web <= 12', true],
    ["inputs.loud || 'quiet'", 'quiet'],
    ["contains(steps.*.outcome, 'failure')", true],
    ["join(matrix.os, '-')", 'debian-fedora'],
    ['matrix.os[1]', 'fedora'],
    ['matrix.deep.n[1].x', 2],
    ["format('{0} {{x}} {1}', 'a', 2)", 'a {x} 2'],
    ["startsWith(github.ref, 'REFS/') && endsWith(github.ref, 'main')", true],
    ["fromJSON('{\"a\": [1, true, null]}')", { a: [1, true, null] }],
    ["fromJSON('[1]')[0]", 1],
    ["toJSON(fromJSON('[1]'))", '[\n  1\n]'],
    ["case(inputs.loud, 'loud', inputs.web == 12, 'twelve', 'else')", 'twelve'],
    ["case(inputs.loud, fromJSON(''), inputs.web == 12, 'twelve', fromJSON('{'))", 'twelve'],
    ["CASE(inputs.loud, fromJSON(''), case(true, 'inner', fromJSON('')))", 'inner'],
    ["\u00a0inputs.web\u3000==\u2009'\u00a012\f'\u0085", true],
    ["'a\u00a0b'", 'a\u00a0b'],
    ["toJSON(fromJSON('[1e21, 0.84551240822557006, -0, NaN, \"\u2028\"]'))", '[\n  1E+21,\n  0.84551240822557,\n  0,\n  NaN,\n  "\\u2028"\n]'],
    ["toJSON(matrix.deep)", '{\n  "n": [\n    1,\n    {\n      "x": 2\n    }\n  ]\n}'],
    ['vars.anything', null],
    ['env.__proto__', 'p'],
    ['env.constructor', 'c'],
    ['inputs.constructor', null],
    ['inputs.__proto__', null],
    ['0x1F', 31],
    ['-1.5e2', -150],
    ['!inputs.loud', true],
  ])('%s gives what GitHub gives', (text, value) => expect(evaluateExpression(text, scope)).toEqual(value));

  it('keeps "__proto__" as plain data through JSON', () => {
    const value = evaluateExpression('fromJSON(\'{"__proto__": {"polluted": true}}\')', scope);
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(evaluateExpression('toJSON(env)', scope)).toContain('"__proto__": "p"');
  });

  it.each([
    ['1 +', "unexpected symbol: '+'"],
    ["'open", "unexpected symbol: ''open'"],
    ['', 'an expression was expected and nothing is there'],
    ['inpust.web', 'context "inpust" does not exist: did you mean "inputs"?'],
    ['contain(1, 2)', 'function "contain" does not exist: did you mean "contains"?'],
    ['constructor()', 'function "constructor" does not exist'],
    ['contains(1)', "too few parameters supplied: 'contains'"],
    ["hashFiles('a')", 'hashFiles is evaluated where the job runs, and not here'],
    ['secrets.TOKEN', 'secrets are read where the step runs, and not here'],
    ["fromJSON('{')", 'fromJSON was given what is not JSON'],
    ["case('yes', 1, 2)", 'a condition of case must be true or false'],
    ['case(true, 1, false, 2)', "even number of parameters supplied, requires an odd number of parameters: 'case'"],
    ["fromJSON('')", 'fromJSON was given an empty text'],
  ])('%s is an error that says why', (text, message) => {
    expect(() => evaluateExpression(text, scope)).toThrow(ExpressionError);
    expect(() => evaluateExpression(text, scope)).toThrow(message);
  });

  it('says where it is wrong, also in its second line', () => {
    expect(() => parseExpression("'a' ==\n  foo.b")).toThrow(expect.objectContaining({ offset: 9 }));
  });

  it('that is nested too deep or too long is an error', () => {
    expect(() => evaluateExpression(`${'('.repeat(60)}1${')'.repeat(60)}`, scope)).toThrow(/max expression depth/);
    expect(() => evaluateExpression(`'${'x'.repeat(21_000)}'`, scope)).toThrow(/longer than 21000/);
  });
});

describe('a template', () => {
  it.each([
    ['${{ inputs.web }}', 12],
    ['${{ inputs.loud }}', false],
    ['${{ matrix.os }}', ['debian', 'fedora']],
    [' ${{ inputs.web }}', ' 12'],
    ['web@${{ inputs.web }} of ${{ inputs.name }}', 'web@12 of Demo'],
    ["${{ 'a }} b' }}", 'a }} b'],
    ["${{ 'it''s }}' }}!", "it's }}!"],
    ['no expression, $ { and }}', 'no expression, $ { and }}'],
    ['x${{ inputs.missing }}y', 'xy'],
    ['x${{ matrix.os }}', 'xArray'],
    ['x${{ matrix.deep }}', 'xObject'],
    [5, 5],
    [true, true],
  ])('%s gives its value, typed when it is one expression', (template, value) => expect(evaluateTemplate(template, scope)).toEqual(value));

  it('as text has numbers as GitHub writes them', () => {
    expect(templateText('${{ 1.10 }} ${{ 1e21 }} ${{ true }} ${{ null }}', scope)).toBe('1.1 1E+21 true ');
    expect(templateText(1.5, scope)).toBe('1.5');
    expect(templateText("${{ format('{0} {1}', 12345678901234567890, -0.0000001) }} ${{ join(fromJSON('[1e-7, 100000000000000]')) }}", scope))
      .toBe('1.23456789012346E+19 -1E-07 1E-07,100000000000000');
  });

  it('that is not closed is an error', () => {
    expect(() => evaluateTemplate("a ${{ 'x }}", scope)).toThrow(/never closed/);
  });

  it('gives a setting its type, and says how to mend another', () => {
    expect(evaluateNumber('${{ inputs.web }}', scope)).toBe(12);
    expect(() => evaluateNumber("${{ '5' }}", scope)).toThrow('a number was expected, not "5": wrap it in fromJSON()');
    expect(evaluateBoolean('${{ inputs.web == 12 }}', scope)).toBe(true);
    expect(() => evaluateBoolean('${{ inputs.web }}', scope)).toThrow('true or false was expected, not 12');
  });
});

describe('a condition', () => {
  const at = (status: 'success' | 'failure' | 'cancelled') => ({ ...scope, status: stepStatusFunctions(status) });

  it.each([
    [undefined, [true, false, false]],
    ['true', [true, false, false]],
    ['${{ inputs.web == 12 }}', [true, false, false]],
    ['inputs.web == 13', [false, false, false]],
    ['always()', [true, true, true]],
    ['failure()', [false, true, false]],
    ['cancelled()', [false, false, true]],
    ['!cancelled()', [true, true, false]],
    ['Always() && inputs.web == 13', [false, false, false]],
    ["failure() || contains('success()', 'x')", [false, true, false]],
    ["'success()' == ''", [false, false, false]],
    ['success() || failure()', [true, true, false]],
    ["${{ inputs.loud }} || x", [true, false, false]],
    ['inputs.loud', [false, false, false]],
    ['fromJSON(\'[]\')', [true, false, false]],
  ])('%s is asked with success() && unless it names a status', (condition, [success, failure, cancelled]) => {
    expect([evaluateCondition(condition, at('success')), evaluateCondition(condition, at('failure')), evaluateCondition(condition, at('cancelled'))])
      .toEqual([success, failure, cancelled]);
  });
});
