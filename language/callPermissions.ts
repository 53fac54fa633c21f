/** What a called workflow asks for in its `permissions` beside what its caller gives it. GitHub starts no run in which it is more; here nothing has a token. */
import type { Definition, PermissionLevel, Permissions } from './definition.js';
import { PERMISSIONS } from './parsing/knownKeys.js';

const LEVELS: readonly PermissionLevel[] = ['none', 'read', 'write'];
/** So many scopes are said by name. */
const MOST_SAID = 5;

/** What a job gives the workflow that it calls; undefined where nobody says so, and a setting of the repository decides. */
export function givenTo(job: Pick<Definition, 'permissions'>, caller: Definition, givenToCaller: Permissions | undefined): Permissions | undefined {
  return job.permissions ?? caller.permissions ?? givenToCaller;
}

/** What the called workflow and its jobs ask for and are not given, a clause each. */
export function missingPermissions({ permissions, jobs }: Definition, given: Permissions | undefined): readonly string[] {
  if (!given) return [];
  const asking = [{ who: 'it', wanted: permissions }, ...jobs.map((job) => ({ who: `its job ${job.id}`, wanted: job.permissions }))];
  return asking.flatMap(({ who, wanted }) => {
    const scopes = wanted ? [...PERMISSIONS.keys()].filter((scope) => rank(level(wanted, scope)) > rank(level(given, scope))) : [];
    return scopes.length === 0 ? [] : [`${who} asks for ${said(scopes, wanted!)}, and is given ${said(scopes, given)}`];
  });
}

function level({ levels, rest }: Permissions, scope: string): PermissionLevel {
  return levels.get(scope) ?? rest;
}

function rank(one: PermissionLevel): number {
  return LEVELS.indexOf(one);
}

function said(scopes: readonly string[], permissions: Permissions): string {
  const shown = scopes.slice(0, MOST_SAID).map((scope) => `${scope}: ${level(permissions, scope)}`);
  return `${shown.join(', ')}${scopes.length > MOST_SAID ? ', ...' : ''}`;
}
