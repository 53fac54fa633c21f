import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { toFailure } from '../../activities/failures.js';
import { CommandError, InvalidInputError, PermanentError, TransientError } from '../../infra/errors.js';

const failure = (error: unknown, attempt = 1, most = 3): ApplicationFailure => toFailure(error, attempt, most) as ApplicationFailure;

describe('what is retryable', () => {
  it.each([
    ['a fault that may pass, with attempts left', new TransientError('x'), 1, false],
    ['a command that failed, with attempts left', new CommandError(['a'], 1, ''), 2, false],
    ['a fault that may pass, at the last attempt', new TransientError('x'), 3, true],
    ['a fault that stays', new PermanentError('x', 'mend it'), 1, true],
    ['bad input', new InvalidInputError('x', 'mend it'), 1, true],
    ['a fault of our own code', new TypeError('x'), 1, true],
    ['what is no error at all', 'x', 1, true],
  ])('%s', (_, error, attempt, final) => {
    expect(failure(error, attempt).nonRetryable).toBe(final);
  });

  it('keeps a cancel and a decided failure as they are', () => {
    const cancel = new CancelledFailure('x');
    const decided = ApplicationFailure.nonRetryable('x');
    expect([toFailure(cancel, 1, 1), toFailure(decided, 1, 1)]).toEqual([cancel, decided]);
  });

  it('keeps the remedy, and the tail of a long message', () => {
    expect(failure(new PermanentError('no disk', 'Free some.')).message).toBe('no disk\n  Free some.');
    const long = failure(new TransientError(`${'a'.repeat(10_000)}the end`)).message;
    expect(long).toHaveLength(4000);
    expect(long.endsWith('the end')).toBe(true);
  });
});
