/** `permissions:` of the workflow or of a job: what GitHub's own token may do; nothing here has such a token. And `cache-mode:`. */
import type { PermissionLevel, Permissions } from '../definition.js';
import { CACHE_MODES } from '../cacheMode.js';
import { suggest } from '../diagnostics.js';
import type { CacheMode } from '../plan.js';
import { hasExpression } from '../templates.js';
import { PERMISSIONS } from './knownKeys.js';
import type { Reader } from './reader.js';
import type { YamlNode } from './yamlTree.js';

const ALL = ['read-all', 'write-all'];

/** @returns undefined when it says nothing, or nothing that is right */
export function readPermissions(node: YamlNode, reader: Reader): Permissions | undefined {
  if (node.kind !== 'mapping') {
    const text = reader.string(node, '"permissions"');
    if (text === undefined) return undefined;
    if (ALL.includes(text)) return { levels: new Map(), rest: text === 'read-all' ? 'read' : 'write' };
    return reader.problem(node.position, `"permissions" must be read-all, write-all or a mapping of scopes, not ${JSON.stringify(text)}`, suggest(text, ALL));
  }
  const given = new Map<string, PermissionLevel>();
  for (const { key, keyPosition, value } of node.entries) {
    const levels = PERMISSIONS.get(key);
    const level = reader.string(value, `permissions.${key}`);
    if (!levels) reader.problem(keyPosition, `unknown permission ${JSON.stringify(key)}`, suggest(key, PERMISSIONS.keys()));
    else if (level !== undefined && !levels.includes(level)) {
      reader.problem(value.position, `permission ${key} must be ${levels.join(', ')}, not ${JSON.stringify(level)}`, suggest(level, levels));
    } else if (level !== undefined) given.set(key, level as PermissionLevel);
  }
  return { levels: given, rest: 'none' };
}

export function readCacheMode(node: YamlNode, reader: Reader): CacheMode | undefined {
  const mode = reader.string(node, '"cache-mode"');
  if (mode === undefined || hasExpression(mode)) return undefined; // the reader has said so
  if ((CACHE_MODES as readonly string[]).includes(mode)) return mode as CacheMode;
  return reader.problem(node.position, `"cache-mode" must be ${CACHE_MODES.join(', ')}, not ${JSON.stringify(mode)}`, suggest(mode, CACHE_MODES));
}
