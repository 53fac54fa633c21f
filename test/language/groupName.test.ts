import { describe, expect, it } from 'vitest';
import { groupName } from '../../language/groupName.js';

describe('the name of a concurrency group', () => {
  const name = (template: string) => groupName(template, { contexts: { github: { ref: 'refs/heads/main', long: 'x'.repeat(400) } } });

  it('is what its expressions give', () => expect(name('deploy-${{ github.ref }}')).toBe('deploy-refs/heads/main'));

  it('is none where they give nothing', () => expect(name('${{ github.head_ref }}')).toBeUndefined());

  it('has at most as many characters as on GitHub', () => {
    expect(name('${{ github.long }}')).toHaveLength(400);
    expect(() => name('x${{ github.long }}')).toThrow('the name of the concurrency group has 401 characters, and 400 is the most');
  });
});
