/** What each folder may import: design rules as data. `.oxlintrc.json` says the same as far as a linter can. */

/** A package, a path from the project's root, or a whole folder (`infra/`). */
export type Allowed = string | RegExp;

export interface FolderRule {
  /** `language/`, or one file: `worker.ts`. The longest that fits a file is the file's rule. */
  readonly of: string;
  readonly may: readonly Allowed[];
  /** May be imported with `import type` alone. */
  readonly types?: readonly Allowed[];
}

const NODE = /^node:/;

export const RULES: readonly FolderRule[] = [
  { of: 'language/', may: ['language/', 'yaml', /^@actions\//] },
  { of: 'workflows/', may: ['workflows/', 'language/', 'activities/contract.js', '@temporalio/workflow', '@temporalio/common'], types: ['activities/'] },
  { of: 'activities/', may: ['activities/', 'infra/', 'language/', '@temporalio/activity', '@temporalio/common', '@temporalio/client', NODE], types: ['dockerode'] },
  // Its names reach workflows/: it is as pure as that.
  { of: 'activities/contract.ts', may: ['language/'] },
  { of: 'infra/', may: ['infra/', 'docker-images/', 'language/ids.js', NODE, /^(?!@)[a-z]/] },
  // Finding an action means reading what it says of itself.
  { of: 'infra/uses/', may: ['infra/', 'language/ids.js', 'language/usesAction.js', 'language/usesOwn.js', 'language/diagnostics.js', NODE, /^(?!@)[a-z]/] },
  // An inventory is a language of its own.
  { of: 'infra/providers/static/', may: ['infra/', 'language/ids.js', 'language/inventory.js', 'language/diagnostics.js', NODE] },
  { of: 'infra/temporal/', may: ['infra/', 'language/ids.js', NODE, '@temporalio/client', '@temporalio/common', '@temporalio/worker', '@temporalio/proto', /^(?!@)[a-z]/] },
  // Optional, and loaded where traces are asked for.
  { of: 'infra/temporal/tracing.ts', may: ['infra/', NODE, '@temporalio/worker', '@temporalio/interceptors-opentelemetry', /^@opentelemetry\//] },
  { of: 'cli/', may: ['cli/', 'language/', 'infra/', 'workflows/messages.js', '@temporalio/client', '@temporalio/common', NODE, 'commander', 'log-update', 'picocolors', 'markdown-it', 'sanitize-html', 'ansi_up'] },
  { of: 'worker.ts', may: ['activities/', 'infra/', 'language/ids.js', 'workflows/messages.js', NODE, '@temporalio/worker', '@temporalio/common', '@temporalio/client'] },
];

export interface Import {
  /** As the file says it: `./ids.js`, `node:fs`. */
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** The rule's answer for one import of a file, both as paths from the root: undefined when it may, else what is wrong. */
export function violation(file: string, { specifier, typeOnly }: Import): string | undefined {
  const rule = RULES.filter(({ of }) => file.startsWith(of)).sort((a, b) => b.of.length - a.of.length)[0];
  if (!rule) return `${file} is in no folder that the rules know`;
  const target = specifier.startsWith('.') ? resolve(file, specifier) : specifier;
  const allowed = [...rule.may, ...(typeOnly ? rule.types ?? [] : [])];
  if (allowed.some((one) => fits(one, target))) return undefined;
  const because = typeOnly || !rule.types?.some((one) => fits(one, target)) ? '' : ', except with `import type`';
  return `${file} imports ${target}, which ${rule.of} may not${because}`;
}

function fits(allowed: Allowed, target: string): boolean {
  if (typeof allowed !== 'string') return !isOwn(target) && allowed.test(target);
  return allowed.endsWith('/') ? target.startsWith(allowed) : target === allowed;
}

/** A path of this project, not a package. */
function isOwn(target: string): boolean {
  return /\.(?:js|json)$/.test(target);
}

/** `./x.js` as seen from `a/b.ts`, as a path from the root. */
function resolve(file: string, specifier: string): string {
  const parts = file.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** What a source text imports, statically, by `export from` and by `import()`. An `import { type A }` counts as a type only where all are. */
export function importsOf(source: string): readonly Import[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  const fixed = [...code.matchAll(/^\s*(?:import|export)\s+(?:([^'";]*?)\s*from\s*)?['"]([^'"]+)['"]/gm)]
    .map(([, names = '', specifier = '']): Import => ({ specifier, typeOnly: isTypeOnly(names) }));
  const dynamic = [...code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)(?!\s*\.)/g)].map(([, specifier = '']): Import => ({ specifier, typeOnly: false }));
  return [...fixed, ...dynamic];
}

function isTypeOnly(names: string): boolean {
  if (/^type[\s{*]/.test(names)) return true;
  const listed = /^\{([^}]*)\}$/.exec(names.trim())?.[1]?.split(',').map((name) => name.trim()).filter(Boolean);
  return listed !== undefined && listed.length > 0 && listed.every((name) => name.startsWith('type '));
}
