import { describe, expect, it } from 'vitest';
import { evaluateConcurrency } from '../../language/concurrency.js';

describe('a concurrency group', () => {
  const evaluated = (group: string, more: { cancelInProgress?: boolean | string; queue?: string } = {}) =>
    evaluateConcurrency({ group, cancelInProgress: false, queue: 'single', ...more }, { contexts: { github: { ref: 'refs/heads/main', long: 'x'.repeat(400) } } });

  it('is what its expressions give', () => {
    const more = { cancelInProgress: '${{ github.ref != null }}', queue: "${{ github.ref && 'max' }}" };
    expect(evaluated('deploy-${{ github.ref }}', more)).toEqual({ group: 'deploy-refs/heads/main', cancelInProgress: true, queue: 'max' });
  });

  it('is none where its name is empty', () => expect(evaluated('${{ github.head_ref }}')).toBeUndefined());

  it('has a name of at most as many characters as on GitHub', () => {
    expect(evaluated('${{ github.long }}')?.group).toHaveLength(400);
    expect(() => evaluated('x${{ github.long }}')).toThrow('the name of the concurrency group has 401 characters, and 400 is the most');
  });

  it('has a queue of one of two kinds', () => {
    expect(() => evaluated('a', { queue: '${{ github.ref }}' })).toThrow('"queue" must be single or max, not "refs/heads/main"');
  });
});
