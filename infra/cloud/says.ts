/** The cloud's own words in an answer, for messages. */

const LONGEST = 500;

/**
 * The text of an error's body: Nova's `{forbidden: {message}}`, Neutron's `{NeutronError: {message}}`, Keystone's `{error: {message}}`, or the
 * body itself where it is text. Markup, as a proxy's error pages are, gives ''.
 */
export function cloudSays(body: unknown): string {
  if (typeof body === 'string') return /<[a-z!]/i.test(body) ? '' : short(body);
  if (typeof body !== 'object' || body === null) return '';
  const [first] = Object.values(body) as readonly unknown[];
  if (typeof first === 'string') return short(first);
  const message = typeof first === 'object' && first !== null ? (first as { message?: unknown }).message : undefined;
  return typeof message === 'string' ? short(message) : '';
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

/** Milliseconds that a `Retry-After` header asks for: seconds, or a date. Undefined for none. */
export function retryAfterMs(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined || header === '') return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
