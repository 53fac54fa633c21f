/** Expressions whose values another host has: each is fetched when it is asked for, and the evaluation is repeated. */
import { AwaitedValue } from '../../language/expressions.js';

/** Does the work again until nothing that it evaluates has to be fetched any more. It must be safe to repeat up to where it evaluates. */
export async function awaited<T>(work: () => T | Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof AwaitedValue)) throw error;
      await error.fetch();
    }
  }
}
