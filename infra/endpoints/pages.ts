/** The pages of a web server and what each must say. Pure. */

/** Rows of world.City, and of the page that shows them. */
export const CITIES = 4079;

export interface Page {
  readonly path: string;
  /** What is wrong with the body, or undefined. */
  readonly problem: (body: string) => string | undefined;
  /** What stands in the endpoints' table. */
  readonly summary: (body: string) => string;
}

/** What the monitors ask. */
export const HEALTH_PAGE: Page = {
  path: '/health.php',
  problem: (body) => (/\bPASS\b/.test(body) ? undefined : `it says ${JSON.stringify(body.trim().slice(0, 80))}, not PASS`),
  summary: () => 'PASS',
};

export const PAGES: readonly Page[] = [
  { path: '/', problem: (body) => (/<title>[^<]+<\/title>/.test(body) ? undefined : 'it has no title'), summary: () => 'ok' },
  { path: '/home.php', problem: (body) => (hostname(body) ? undefined : "the container's name is not on it"), summary: (body) => hostname(body) ?? '' },
  HEALTH_PAGE,
  {
    path: '/world.php',
    problem: (body) => (cityRows(body) === CITIES ? undefined : `it shows ${cityRows(body)} cities, not ${CITIES}`),
    summary: (body) => `${cityRows(body)} cities`,
  },
];

function hostname(body: string): string | undefined {
  return /<code>([\w.-]+)<\/code>/.exec(body)?.[1];
}

function cityRows(body: string): number {
  return body.match(/<tr><td>/g)?.length ?? 0;
}
