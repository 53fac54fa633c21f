/** Hands the activities of a killed worker back to the server, which gives them to the next worker at once. */
import { ActivityNotFoundError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

/** @returns how many were still waited for */
export async function handBack(client: Client, taskTokens: readonly Uint8Array[]): Promise<number> {
  const failure = ApplicationFailure.create({ message: 'the worker was killed while it did this', type: 'WorkerKilled', nextRetryDelay: 1 });
  const handed = await Promise.all(
    taskTokens.map((token) =>
      client.activity.fail(token, failure).then(
        () => true,
        (error: unknown) => {
          if (error instanceof ActivityNotFoundError) return false;
          throw error;
        },
      ),
    ),
  );
  return handed.filter(Boolean).length;
}
