import { describe, expect, it } from 'vitest';
import { stepEnvironment } from '../../activities/steps/environment.js';
import { fileEnvironment } from '../../infra/script/environment.js';

describe("a step's environment", () => {
  it("is the step's env, CI, and what GitHub sets and nobody may replace", () => {
    const parts = {
      github: { run_id: 'deploy/demo#7', job: 'web', workspace: '/base/web/workspace', event: { not: 'text' }, token: 'secret' }, runner: { temp: '/base/web/temp', os: 'Linux', debug: undefined },
      env: { CI: 'no', MINE: 'x', GITHUB_JOB: 'other', GITHUB_OUTPUT: '/elsewhere', FLEETWRIGHT_STEP: '' },
    };
    expect({ ...stepEnvironment(parts), ...fileEnvironment('/base/web/steps/verify-2-1') }).toEqual({
      CI: 'no', MINE: 'x', GITHUB_ACTIONS: 'true', GITHUB_RUN_ID: 'deploy/demo#7', GITHUB_JOB: 'web', GITHUB_WORKSPACE: '/base/web/workspace', RUNNER_TEMP: '/base/web/temp', RUNNER_OS: 'Linux',
      GITHUB_OUTPUT: '/base/web/steps/verify-2-1/output', GITHUB_ENV: '/base/web/steps/verify-2-1/env', GITHUB_PATH: '/base/web/steps/verify-2-1/path',
      GITHUB_STATE: '/base/web/steps/verify-2-1/state', GITHUB_STEP_SUMMARY: '/base/web/steps/verify-2-1/summary', FLEETWRIGHT_STEP: '/base/web/steps/verify-2-1',
    });
  });
});
