/** A place in the queue of a concurrency group, in words: 1 is the next. Pure. */
export function queueText(group: string, place: number): string {
  return `${place === 1 ? 'next' : `number ${place}`} in the queue of the group ${group}`;
}
