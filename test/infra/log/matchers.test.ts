import { describe, expect, it } from 'vitest';
import { parseMatcherFile, ProblemMatchers } from '../../../infra/log/matchers.js';

type Json = Readonly<Record<string, unknown>>;

function configs(...matchers: readonly Json[]) {
  return parseMatcherFile(JSON.stringify({ problemMatcher: matchers }), 'matchers.json');
}

function found(matchers: readonly Json[], lines: readonly string[]): readonly unknown[] {
  const step = new ProblemMatchers(configs(...matchers)).forStep();
  return lines.map((line) => step.match(line));
}

const TSC = { owner: 'tsc', pattern: [{ regexp: '^(.+)\\((\\d+),(\\d+)\\): (error|warning) (TS\\d+) *: *(.*)$', file: 1, line: 2, column: 3, severity: 4, code: 5, message: 6 }] };
const STYLISH = {
  owner: 'stylish',
  pattern: [{ regexp: '^([^\\s].*)$', file: 1 }, { regexp: '^\\s+(\\d+):(\\d+)\\s+(error|warning)\\s+(.*)$', line: 1, column: 2, severity: 3, message: 4, loop: true }],
};

describe('a problem matcher', () => {
  it('of one line finds file, line, column, severity, code and message', () => {
    expect(found([TSC], ['src/a.ts(3,14): error TS2345: no good', 'fine'])).toEqual([{ level: 'error', message: 'no good', file: 'src/a.ts', line: 3, column: 14, code: 'TS2345' }, undefined]);
  });

  it('of several lines holds what its first lines found, and with loop finds again and again until a line does not match', () => {
    expect(found([STYLISH], ['a.js', '  1:2  error  one', '  3:4  warning  two', '', '  5:6  error  lost', 'b.js', '  7:8  error  three'])).toEqual([
      undefined, { level: 'error', message: 'one', file: 'a.js', line: 1, column: 2 }, { level: 'warning', message: 'two', file: 'a.js', line: 3, column: 4 },
      undefined, undefined, undefined, { level: 'error', message: 'three', file: 'b.js', line: 7, column: 8 },
    ]);
  });

  it('of several lines without loop begins anew behind its match', () => {
    const two = { owner: 'two', pattern: [{ regexp: '^file (.*)$', file: 1 }, { regexp: '^bad (.*)$', message: 1 }] };
    expect(found([two], ['file a', 'bad x', 'bad y', 'file b', 'else', 'bad z'])).toEqual([undefined, { level: 'error', message: 'x', file: 'a' }, undefined, undefined, undefined, undefined]);
  });

  it('of three lines goes one line at a time', () => {
    const three = { owner: 'three', pattern: [{ regexp: '^a(.*)$', file: 1 }, { regexp: '^a(.*)$', code: 1 }, { regexp: '^a(.*)$', message: 1 }] };
    expect(found([three], ['a1', 'a2', 'a3'])).toEqual([undefined, undefined, { level: 'error', message: '3', file: '1', code: '2' }]);
  });

  it('of three lines forgets the first two at a line that is not the third', () => {
    const three = { owner: 'three', pattern: [{ regexp: '^A(.*)$', file: 1 }, { regexp: '^B(.*)$', code: 1 }, { regexp: '^C(.*)$', message: 1 }] };
    expect(found([three], ['A1', 'B2', 'else', 'C3', 'A4', 'B5', 'C6'])).toEqual([...Array<undefined>(6).fill(undefined), { level: 'error', message: '6', file: '4', code: '5' }]);
  });

  it('finds relative files from the folder of the project, per match or for all', () => {
    const one = { owner: 'one', pattern: [{ regexp: '^(.*):(.*):(.*)$', file: 1, message: 2, fromPath: 3 }] };
    expect(found([one], ['a.cs:m:src/app/app.csproj', '/abs/a.cs:m:src/app.csproj', 'a.cs:m:app.csproj'])).toMatchObject([{ file: 'src/app/a.cs' }, { file: '/abs/a.cs' }, { file: 'a.cs' }]);
    const all = { owner: 'all', fromPath: 'sub/dir/x', pattern: [{ regexp: '^(.*):(.*)$', file: 1, message: 2 }] };
    expect(found([all], ['a.c:m'])).toMatchObject([{ file: 'sub/dir/a.c' }]);
  });

  it('has its own severity where the match has none, and error by default; others than the three are no problem', () => {
    const pattern = [{ regexp: '^(\\w*):(.*)$', severity: 1, message: 2 }];
    expect(found([{ owner: 'a', severity: 'notice', pattern }], [':m', 'ERROR:m', 'info:m'])).toEqual([{ level: 'notice', message: 'm' }, { level: 'error', message: 'm' }, undefined]);
    expect(found([{ owner: 'a', pattern }], [':m', 'error:'])).toEqual([{ level: 'error', message: 'm' }, undefined]);
  });

  it('drops a line number that is none', () => {
    const any = { owner: 'any', pattern: [{ regexp: '^(.*):(.*)$', line: 1, message: 2 }] };
    expect(found([any], ['x:m', '0:m', '7:m'])).toEqual([{ level: 'error', message: 'm' }, { level: 'error', message: 'm' }, { level: 'error', message: 'm', line: 7 }]);
  });
});

describe('the matchers of a job', () => {
  const named = (owner: string): Json => ({ owner, pattern: [{ regexp: `^(.*)$`, message: 1, code: 0 }], severity: 'notice' });

  it('are asked from the newest, and the first that matches takes the line', () => {
    const matchers = new ProblemMatchers(configs(TSC));
    const step = matchers.forStep();
    matchers.add(configs({ owner: 'all', severity: 'warning', pattern: [{ regexp: '^(.*)$', message: 1 }] }));
    expect(step.match('a(1,1): error TS1: x')).toMatchObject({ level: 'warning', message: 'a(1,1): error TS1: x' });
    matchers.remove(['ALL']);
    expect(step.match('a(1,1): error TS1: x')).toMatchObject({ level: 'error', message: 'x' });
  });

  it('are replaced by those of the same owner in any case', () => {
    const matchers = new ProblemMatchers(configs(named('One'), named('two')));
    matchers.add(configs(named('ONE')));
    expect(matchers.configs.map(({ owner }) => owner)).toEqual(['ONE', 'two']);
  });

  it('begin anew when another one matches', () => {
    const step = new ProblemMatchers(configs(STYLISH, TSC)).forStep();
    step.match('a.js');
    step.match('src/a.ts(3,14): error TS2345: no good');
    expect(step.match('  1:2  error  one')).toBeUndefined();
  });

  it('are removed when they take too long, and that is told', () => {
    const matchers = new ProblemMatchers(configs(TSC), -1);
    const told: string[] = [];
    const step = matchers.forStep((owner) => void told.push(owner));
    step.match('a');
    expect([told, matchers.configs, step.some]).toEqual([['tsc'], [], false]);
  });

  it('hold for the steps after, each of which begins anew', () => {
    const matchers = new ProblemMatchers(configs(STYLISH));
    matchers.forStep().match('a.js');
    expect(matchers.forStep().match('  1:2  error  one')).toBeUndefined();
    expect(new ProblemMatchers(JSON.parse(JSON.stringify(matchers.configs))).forStep().some).toBe(true);
  });
});

describe('a file of problem matchers', () => {
  const file = (pattern: unknown, more: Json = {}): string => JSON.stringify({ problemMatcher: [{ owner: 'o', pattern, ...more }] });
  const message = { regexp: '^(.*)$', message: 1 };

  it.each<readonly [string, string, RegExp]>([
    ['no JSON', '{', /m\.json are not valid/],
    ['no object', '[]', /an object was expected/],
    ['no list', '{"problemMatcher": {}}', /is no list/],
    ['no owner', JSON.stringify({ problemMatcher: [{ pattern: [message] }] }), /has no owner/],
    ['an owner twice', JSON.stringify({ problemMatcher: [{ owner: 'o', pattern: [message] }, { owner: 'O', pattern: [message] }] }), /"o" is there twice/],
    ['an unknown severity', file([message], { severity: 'fatal' }), /severity "fatal" of "o"/],
    ['no pattern', file([]), /has no pattern/],
    ['no message', file([{ regexp: '^(.*)$', file: 1 }]), /no pattern of "o" has "message"/],
    ['a bad regexp', file([{ regexp: '(', message: 1 }]), /the regexp of "o" is none/],
    ['a group that is not there', file([{ regexp: '^(.*)$', message: 2 }]), /"message" of "o" is 2, but its pattern has the groups 0 to 1/],
    ['a group that is no number', file([{ regexp: '^(.*)$', message: '1' }]), /"message" of "o" is "1"/],
    ['a place twice', file([message, message]), /"message" of "o" is set twice/],
    ['loop in a single pattern', file([{ ...message, loop: true }]), /only the last of several/],
    ['loop without message', file([message, { regexp: 'x', loop: true }]), /must have "message"/],
  ])('is refused with %s', (_, text, problem) => expect(() => parseMatcherFile(text, 'm.json')).toThrow(problem));

  it('may have a byte order mark, and no matchers', () => {
    expect(parseMatcherFile('\ufeff{}', 'm.json')).toEqual([]);
  });
});
