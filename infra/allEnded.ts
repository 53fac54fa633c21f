/** Work side by side of which nothing may go on behind the back of what follows. */

/** As `Promise.all`, but it waits for every one, also when one fails. @throws the first error, in the order given */
export async function allEnded<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
