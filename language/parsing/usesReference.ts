/** What `uses:` of a step and of a job may say. */
import { suggest } from '../diagnostics.js';
import { isOwn, ownProblem } from '../usesOwn.js';
import { hasExpression } from '../templates.js';
import type { Reader } from './reader.js';
import type { YamlNode } from './yamlTree.js';

/** `own`: `fleetwright/NAME@v1`; `other`: everything that is looked up when the job runs. */
export function checkActionReference(uses: string, node: YamlNode, reader: Reader): 'own' | 'other' | undefined {
  const shown = JSON.stringify(uses.slice(0, 120));
  const problem = (message: string, suggestion?: string) => reader.problem(node.position, message, suggestion);
  if (hasExpression(uses)) return undefined; // the reader has said so
  if (isOwn(uses)) return checkOwn(uses, problem) ? 'other' : undefined;
  if (/^\.[/\\]/.test(uses)) return leavesRoot(uses) ? problem(`${shown} leaves the repository`) : 'other';
  if (uses.startsWith('docker://')) return uses.length > 'docker://'.length ? 'other' : problem(`${shown} names no image: write docker://NAME:TAG`);
  const [, owner = '', name = '', ref] = /^([\w.-]+)\/([^@\s]+?)(?:@(.*))?$/.exec(uses) ?? [];
  if (owner === 'fleetwright') {
    return ref === 'v1' ? 'own' : problem(`${shown} has no version that is there`, `did you mean "fleetwright/${name}@v1"?`);
  }
  if (owner === '' || name === '' || !/^[\w.-]+(?:[/\\]|$)/.test(name)) return problem(`${shown} is no action: write OWNER/REPOSITORY@REF, OWNER/REPOSITORY/FOLDER@REF, ./FOLDER, $/FOLDER or docker://IMAGE`);
  if (!ref) return problem(`${shown} has no version`, `write ${owner}/${name}@REF, where REF is a tag, a branch or a commit`);
  if (/\s/.test(ref)) return problem(`${shown} has spaces in its version`);
  if (ref.includes('@')) return problem(`${shown} has two versions`, `write ${owner}/${name}@REF`);
  const near = suggest(owner, ['fleetwright']);
  if (near && ref === 'v1') return problem(`${shown} is no action that is known here`, `did you mean "fleetwright/${name}@v1"?`);
  return 'other';
}

function checkOwn(uses: string, problem: (message: string) => void): boolean {
  const why = ownProblem(uses);
  if (why !== undefined) problem(`${JSON.stringify(uses.slice(0, 120))}: ${why}`);
  return why === undefined;
}

/** Whether it names a reusable workflow. */
export function checkWorkflowReference(uses: string, node: YamlNode, reader: Reader): boolean {
  const shown = JSON.stringify(uses.slice(0, 120));
  if (hasExpression(uses)) return false; // the reader has said so
  if (isOwn(uses) && !checkOwn(uses, (message) => reader.problem(node.position, message))) return false;
  const local = /^[.$]\/(.+)$/.exec(uses)?.[1];
  const [, path, ref] = /^[\w.-]+\/[\w.-]+\/([^@\s]+)@(\S+)$/.exec(uses) ?? [];
  const file = local ?? path;
  if (file === undefined || (local !== undefined && local.includes('@')) || (local === undefined && !ref)) {
    reader.problem(node.position, `${shown} is no workflow: write ./.github/workflows/FILE.yml, $/.github/workflows/FILE.yml or OWNER/REPOSITORY/.github/workflows/FILE.yml@REF`);
    return false;
  }
  if (!/\.ya?ml$/i.test(file) || leavesRoot(file)) {
    reader.problem(node.position, `${shown} is no workflow file: its name must end in .yml or .yaml and stay in the repository`);
    return false;
  }
  return true;
}

function leavesRoot(path: string): boolean {
  let depth = 0;
  for (const part of path.split(/[/\\]/)) {
    if (part === '..') depth -= 1;
    else if (part !== '.' && part !== '') depth += 1;
    if (depth < 0) return true;
  }
  return false;
}
