import { describe, expect, it } from 'vitest';
import { CITIES, PAGES } from '../../../infra/endpoints/pages.js';
import { parseAnnouncement } from '../../../infra/etcd/announcements.js';

const page = (path: string) => PAGES.find((candidate) => candidate.path === path)!;
const world = (rows: number): string => `<table>${'<tr><td>a</td></tr>'.repeat(rows)}</table>`;

describe('a page', () => {
  it.each([
    ['/', '<title>Fleetwright demo</title>', undefined],
    ['/', '<html></html>', 'it has no title'],
    ['/home.php', '<code>web07</code>', undefined],
    ['/home.php', '<code></code>', "the container's name is not on it"],
    ['/health.php', 'PASS\n', undefined],
    ['/health.php', 'FAIL', 'it says "FAIL", not PASS'],
    ['/health.php', 'PASSED OUT', 'it says "PASSED OUT", not PASS'],
    ['/world.php', world(CITIES), undefined],
    ['/world.php', world(4078), 'it shows 4078 cities, not 4079'],
  ])('%s with %.30s is judged by what it says', (path, body, problem) => {
    expect(page(path).problem(body)).toBe(problem);
  });

  it('is summed up by what is worth a look', () => {
    expect(page('/home.php').summary('<code>web07</code>')).toBe('web07');
    expect(page('/world.php').summary(world(CITIES))).toBe('4079 cities');
  });
});

describe('an announcement', () => {
  const whole = { unit: 'web@03.service', host: 'core02', privateAddress: '10.0.0.2', publicAddress: '10.0.0.2', port: 18003 };

  it('is read when it is complete, with its port as a number or as text', () => {
    expect(parseAnnouncement(JSON.stringify(whole))).toEqual(whole);
    expect(parseAnnouncement(JSON.stringify({ ...whole, port: '18003' }))).toEqual(whole);
  });

  it.each(['', 'null', '[]', '{}', '{', JSON.stringify({ ...whole, host: '' }), JSON.stringify({ ...whole, port: 0 }), JSON.stringify({ ...whole, port: 70_000 })])(
    'that is %s is none',
    (text) => expect(parseAnnouncement(text)).toBeUndefined(),
  );
});
