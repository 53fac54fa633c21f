/** Teardowns by the clock as a table's rows. */
import type { Teardown } from './teardowns.js';

export function teardownRows(teardowns: readonly Teardown[]): Record<string, string>[] {
  return teardowns.map(({ cluster, when, next }) => ({ cluster, when, next: next === undefined ? 'has fired' : moment(next) }));
}

/** `2 Jan 2030, 19:00:00 GMT`, in the host's time zone. */
export function moment(date: Date): string {
  const zone = Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' }).formatToParts(date).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  return `${date.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })} ${zone}`.trimEnd();
}
