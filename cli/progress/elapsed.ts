/** Elapsed time for a person: `0.4s`, `12s`, `1m 23s`, `2h 05m`. @param ms milliseconds */
export function elapsed(ms: number): string {
  const positive = Math.max(0, ms);
  if (positive < 9_950) return `${(positive / 1000).toFixed(1)}s`;
  const seconds = Math.round(positive / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)}h ${pad(minutes % 60)}m`;
}

/** `19:04:33`. @param timeZone an IANA name @default the host's */
export function clock(ms: number, timeZone?: string): string {
  const format = clocks.get(timeZone) ?? new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', ...(timeZone === undefined ? {} : { timeZone }),
  });
  clocks.set(timeZone, format);
  return format.format(ms);
}

/** To make one costs a hundred times what it costs to use it. */
const clocks = new Map<string | undefined, Intl.DateTimeFormat>();

const pad = (value: number): string => String(value).padStart(2, '0');
