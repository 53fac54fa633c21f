import { describe, expect, it } from 'vitest';
import type { Json } from '../../language/expressions.js';
import type { JobId } from '../../language/ids.js';
import { expandMatrix, expandStrategy, jobName } from '../../language/matrix.js';

const job = (matrix: string | Record<string, unknown>, rest: object = {}) => ({ id: 'build' as JobId, strategy: { matrix, failFast: true, ...rest } });
const scope = { contexts: { needs: { a: { outputs: { list: '["x","y"]', matrix: '{"include":[{"n":1},{"n":2}]}' } } } } };

describe('a matrix', () => {
  it('makes every combination, the last key fastest', () => {
    expect(expandMatrix({ os: ['a', 'b'], v: [1, 2] })).toEqual([{ os: 'a', v: 1 }, { os: 'a', v: 2 }, { os: 'b', v: 1 }, { os: 'b', v: 2 }]);
  });

  it('excludes by what an entry says, before it includes', () => {
    expect(expandMatrix({ os: ['a', 'b'], v: [1, 2], exclude: [{ os: 'a' }, { os: 'b', v: 2 }], include: [{ os: 'a', v: 1 }] }))
      .toEqual([{ os: 'b', v: 1 }, { os: 'a', v: 1 }]);
  });

  it('includes as the example in the documentation of GitHub', () => {
    const include: Record<string, string>[] = [
      { color: 'green' }, { color: 'pink', animal: 'cat' }, { fruit: 'apple', shape: 'circle' }, { fruit: 'banana' }, { fruit: 'banana', animal: 'cat' },
    ];
    expect(expandMatrix({ fruit: ['apple', 'pear'], animal: ['cat', 'dog'], include })).toEqual([
      { fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle' },
      { fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle' },
      { fruit: 'pear', animal: 'cat', color: 'pink' },
      { fruit: 'pear', animal: 'dog', color: 'green' },
      { fruit: 'banana' },
      { fruit: 'banana', animal: 'cat' },
    ]);
  });

  it('may be include alone', () => expect(expandMatrix({ include: [{ a: 1 }, { a: 2 }] })).toEqual([{ a: 1 }, { a: 2 }]));

  it('excludes by part of an object', () => {
    expect(expandMatrix({ os: [{ name: 'a', v: 1 }, { name: 'b', v: 2 }], exclude: [{ os: { name: 'a' } }] })).toEqual([{ os: { name: 'b', v: 2 } }]);
  });

  it('compares as expressions do', () => {
    const left = (exclude: Record<string, Json>) => expandMatrix({ a: ['12', 13, 'X', null, [1, 2], { b: 1 }], exclude: [exclude] }).map(({ a }) => a);
    expect(left({ a: 12 })).toEqual([13, 'X', null, [1, 2], { b: 1 }]);
    expect(left({ a: '13' })).toEqual(['12', 'X', null, [1, 2], { b: 1 }]);
    expect(left({ a: 'x' })).toEqual(['12', 13, null, [1, 2], { b: 1 }]);
    expect(left({ a: '' })).toEqual(['12', 13, 'X', [1, 2], { b: 1 }]);
    expect(left({ a: [1] })).toEqual(['12', 13, 'X', null, { b: 1 }]);
    expect(left({ a: { b: '1' } })).toEqual(['12', 13, 'X', null, [1, 2]]);
    expect(left({ a: [] })).toEqual([]);
    expect(expandMatrix({ v: [1, 2], include: [{ v: '2', extra: true }] })).toEqual([{ v: 1 }, { v: 2, extra: true }]);
  });

  it('tells its keys apart without regard to case', () => {
    expect(expandMatrix({ Os: ['a', 'b'], exclude: [{ os: 'a' }], include: [{ OS: 'b', extra: 1 }, { os: 'b', EXTRA: 2 }, { os: 'c' }] }))
      .toEqual([{ Os: 'b', extra: 2 }, { os: 'c' }]);
  });

  it('may have 256 jobs and not one more', () => {
    const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
    expect(expandMatrix({ a: numbers(16), b: numbers(16) })).toHaveLength(256);
    expect(() => expandMatrix({ a: numbers(257) })).toThrow('the matrix makes 257 jobs, and 256 is the most');
    expect(() => expandMatrix({ a: numbers(1000), b: numbers(1000), c: numbers(1000) })).toThrow('256 is the most');
  });

  it.each([
    [{ a: [] }, 'matrix.a must be a list with at least one value, not an empty one'],
    [{ a: 'x' }, 'matrix.a must be a list with at least one value, not "x"'],
    [{}, 'the matrix has no combination'],
    [{ include: [] }, 'the matrix has no combination'],
    [{ a: [1], include: [{}] }, 'an entry of matrix.include says nothing'],
    [{ a: [1], exclude: [{}] }, 'an entry of matrix.exclude says nothing'],
    [{ a: [1], exclude: [{ b: 1 }] }, 'matrix.exclude names "b", which is no key of the matrix'],
    [{ a: [1], include: 'x' }, 'matrix.include must be a list of objects'],
    ['x', 'a matrix must be an object'],
  ])('%j is an error', (matrix, message) => expect(() => expandMatrix(matrix)).toThrow(message));
});

describe('a strategy', () => {
  it('gives its jobs keys, contexts and names', () => {
    const { failFast, maxParallel, instances } = expandStrategy(job({ version: [18], os: ['debian', { name: 'x', tag: null }] }, { maxParallel: 1 }), scope);
    expect([failFast, maxParallel]).toEqual([true, 1]);
    expect(instances.map(({ key }) => key)).toEqual(['build (18, debian)', 'build (18, x)']);
    expect(instances[1]!.strategy).toEqual({ 'fail-fast': true, 'job-index': 1, 'job-total': 2, 'max-parallel': 1 });
    const id = 'build' as JobId;
    const nameOf = (name: string) => jobName({ id, name }, instances[0]!, { contexts: { matrix: instances[0]!.matrix } });
    expect([nameOf('Build'), nameOf('Build on ${{ matrix.os }}'), nameOf('${{ matrix.nothing }}')]).toEqual(['Build (18, debian)', 'Build on debian', 'build (18, debian)']);
  });

  it('names its jobs by what tells them apart: first what the matrix has, and nothing that is included besides', () => {
    const matrix = { os: ['a', 'b'], include: [{ os: 'a', note: 'x' }, { note: 'y', os: 'c', big: 1e21, none: null }] };
    expect(expandStrategy(job(matrix), scope).instances.map(({ key }) => key)).toEqual(['build (a)', 'build (b)', 'build (c, y, 1E+21)']);
  });

  it.each([[0, Infinity, 2], [-1, Infinity, 2], [1.9, 1, 1], [5, 5, 5], ['${{ 0 }}', Infinity, 2]])('with max-parallel: %j lets %d run at once', (maxParallel, most, said) => {
    const expanded = expandStrategy(job({ a: [1, 2] }, { maxParallel }), scope);
    expect([expanded.maxParallel, expanded.instances[0]!.strategy['max-parallel']]).toEqual([most, said]);
  });

  it('that excludes everything makes one job without a matrix', () => {
    expect(expandStrategy(job({ a: [1], exclude: [{ a: 1 }] }, { failFast: false, maxParallel: 3 }), scope).instances)
      .toEqual([{ key: 'build', strategy: { 'fail-fast': false, 'job-index': 0, 'job-total': 1, 'max-parallel': 1 } }]);
  });

  it('takes what earlier jobs say, whole or in part', () => {
    const keys = (matrix: string | Record<string, unknown>) => expandStrategy(job(matrix), scope).instances.map(({ key }) => key);
    expect(keys('${{ fromJSON(needs.a.outputs.matrix) }}')).toEqual(['build (1)', 'build (2)']);
    expect(keys({ v: '${{ fromJSON(needs.a.outputs.list) }}', w: ['${{ needs.a.outputs.list }}'] })).toHaveLength(2);
  });

  it('keeps keys apart that would read the same', () => {
    const long = 'x'.repeat(200);
    const { instances } = expandStrategy(job({ a: [`${long}1`, `${long}2`] }), scope);
    expect(new Set(instances.map(({ key }) => key)).size).toBe(2);
  });

  it('that is not there makes one job', () => {
    const { instances } = expandStrategy({ id: 'build' as JobId }, scope);
    expect(instances).toEqual([{ key: 'build', strategy: { 'fail-fast': true, 'job-index': 0, 'job-total': 1, 'max-parallel': 1 } }]);
  });
});
