import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CITY_COUNT, mostPopulous, sqlLiteral, worldSql, type City } from '../../docker-images/dbhelper/world.js';
import { loadCities } from '../../infra/images/context.js';

const cities = loadCities();
const sql = worldSql(cities);
const cityRows = sql.slice(sql.indexOf('INSERT INTO City ')).match(/^\(\d+,'.*'[^']*\)[,;]$/gm) ?? [];

describe('the world database', () => {
  it('has the 4079 most populous cities, largest first', () => {
    expect(CITY_COUNT).toBe(4079);
    expect(cityRows).toHaveLength(4079);
    expect(cityRows[0]).toBe("(1,'Shanghai','CHN','23',22315474),");
    expect(cityRows.at(-1)).toBe("(4079,'Kalisz','POL','86',108759);");
  });

  it('is the same text in whatever order the cities come', () => {
    expect(worldSql([...cities].reverse())).toBe(sql);
  });

  it('has a country for every city, as the foreign keys want it', () => {
    const listed = sql.slice(sql.indexOf('INSERT INTO Country '), sql.indexOf('INSERT INTO CountryLanguage '));
    const codes = new Set([...listed.matchAll(/^\('([A-Z]{3})'/gm)].map(([, code]) => code));
    const used = new Set(cityRows.map((row) => /,'([A-Z]{3})','/.exec(row)?.[1]));
    expect([...used].filter((code) => !codes.has(code as string))).toEqual([]);
  });

  it('names the sources of its data', () => {
    expect(sql).toMatch(/^--.*4079[\s\S]*GeoNames[\s\S]*countries-list/);
  });

  it('shows the cities last and all at once', () => {
    expect(sql.lastIndexOf('INSERT INTO')).toBe(sql.lastIndexOf('INSERT INTO City '));
    expect(sql.indexOf('START TRANSACTION;')).toBeLessThan(sql.indexOf('INSERT INTO'));
    expect(sql.trimEnd().endsWith('COMMIT;')).toBe(true);
  });

  it('numbers equally large cities by their GeoNames id', () => {
    const city = (cityId: number, population: number): City => ({ cityId, name: `c${cityId}`, country: 'PL', adminCode: '', population });
    const rows = mostPopulous([city(3, 5), city(1, 5), city(2, 9)], new Map([['PL', 'POL']]));
    expect(rows.map(({ id, name }) => [id, name])).toEqual([[1, 'c2'], [2, 'c1'], [3, 'c3']]);
  });
});

describe('a literal of SQL', () => {
  it.each([["O'Fallon", "'O''Fallon'"], ['a\\b', "'a\\\\b'"], ['two\nlines', "'two\\nlines'"], [7, '7'], [null, 'NULL']] as const)('%j is %s', (value, literal) => {
    expect(sqlLiteral(value)).toBe(literal);
  });

  it('never ends before its closing quote, whatever it holds', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (value) => {
      expect(readLiteral(sqlLiteral(value))).toBe(value);
    }));
  });
});

/** Reads a literal as the server does; throws when it ends early. */
function readLiteral(literal: string): string {
  let out = '';
  for (let at = 1; at < literal.length - 1; at++) {
    const [character = '', next = ''] = [literal[at], literal[at + 1]];
    if (character === "'" && next !== "'") throw new Error('it ends early');
    if (character === '\\' || character === "'") at += 1;
    out += character === '\\' ? ({ 0: '\0', n: '\n', r: '\r', Z: '\u001a' }[next] ?? next) : character;
    if (at >= literal.length - 1) throw new Error('its closing quote is escaped');
  }
  return out;
}
