import { describe, expect, it } from 'vitest';
import { actionNames } from '../../language/actionNames.js';
import type { JobId } from '../../language/ids.js';
import { stepAddress } from '../../language/ids.js';
import type { StepPlan } from '../../language/plan.js';

describe('the names of steps without an id', () => {
  const names = (...uses: readonly string[]): readonly string[] => [...actionNames(uses.map((one, i): StepPlan => ({
    kind: 'uses', address: stepAddress('a' as JobId, i + 1), name: one, uses: one, env: {}, with: {}, continueOnError: false,
  }))).values()];

  it('come from what they use, numbered where they compare the same without case', () => {
    expect(names('Octo/Kit/sub@v1', 'octo/kit@v2', 'docker://alpine:3', './x', '$/x')).toEqual(['__Octo_Kit', '__octo_kit_2', '__alpine_3', '__self', '__self_2']);
  });
});
