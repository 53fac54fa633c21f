/** The units of the deployment that ships, and which action starts which. */
import { parseUnitName, type UnitName } from '../language/ids.js';

export const DB = parseUnitName('db.service');
export const DBHELPER = parseUnitName('dbhelper.service');
export const MONDB = parseUnitName('mondb.service');
export const WEB = parseUnitName('web@.service');
export const MONWEB = parseUnitName('monweb@.service');

/** By the type of the action's activity; of a template it starts instances. */
export const STARTED_BY: Readonly<Record<string, readonly UnitName[]>> = {
  'start-database': [DB],
  'import-database': [DBHELPER, MONDB],
  'start-web-servers': [WEB, MONWEB],
};
