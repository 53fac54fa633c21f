import { describe, expect, it } from 'vitest';
import { worstFirst } from '../../../cli/log/annotations.js';
import type { StoredAnnotation } from '../../../infra/log/store.js';

const said = (level: StoredAnnotation['level'], message: string, step = 'test/1'): StoredAnnotation => ({ job: 'test', step: step as StoredAnnotation['step'], level, message });

describe('annotations for a person', () => {
  it('are the worst first, and one that three tries of a step made is one', () => {
    const all = [said('notice', 'cold'), said('error', 'got 4078'), said('warning', 'unused'), said('error', 'got 4078'), said('error', 'other'), said('error', 'got 4078')];
    expect(worstFirst(all).map(({ level, message, times }) => `${level} ${message} ${times}`)).toEqual(['error got 4078 3', 'error other 1', 'warning unused 1', 'notice cold 1']);
  });

  it('of two steps are two', () => {
    expect(worstFirst([said('error', 'same'), said('error', 'same', 'test/2')])).toHaveLength(2);
  });
});
