/** GitHub's `shell:` as an argument list. */
import { InvalidInputError } from '../errors.js';

const BUILT_IN: Readonly<Record<string, readonly string[]>> = {
  bash: ['bash', '--noprofile', '--norc', '-e', '-o', 'pipefail', '{0}'],
  sh: ['sh', '-e', '{0}'],
  python: ['python', '{0}'],
};
const NOT_HERE = new Set(['pwsh', 'powershell', 'cmd']);

/**
 * The command of a shell with the script's path for `{0}`. A shell that is none of GitHub's names is a template, split at blanks;
 * quotes keep blanks.
 * @returns undefined for no shell: `bash -e`, or `sh -e` where there is no bash, which only the runner knows
 * @throws InvalidInputError for a template without `{0}`
 * @see https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
 */
export function shellArgv(shell: string | undefined, script: string): readonly string[] | undefined {
  const name = shell?.trim() ?? '';
  if (name === '') return undefined;
  if (NOT_HERE.has(name)) {
    throw new InvalidInputError(`shell: ${name} does not work on Linux runners here`, 'Use bash, sh, python, or a command with {0} for the script.');
  }
  const words = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name]! : templateWords(name);
  if (!words.some((word) => word.includes('{0}'))) {
    throw new InvalidInputError(`shell: ${name} has no {0}, so it would not run the script`, 'Use bash, sh, python, or a command with {0} for the script.');
  }
  return words.map((word) => word.replaceAll('{0}', () => script));
}

function templateWords(template: string): readonly string[] {
  const words = template.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''));
}
