/** `defaults.run`, shells and working directories. */
import { suggest } from '../diagnostics.js';
import type { Availability } from '../expressions.js';
import type { RunDefaults } from '../plan.js';
import { hasExpression } from '../templates.js';
import { SLOTS } from './availability.js';
import { DEFAULTS_KEYS, DEFAULTS_RUN_KEYS } from './knownKeys.js';
import { present, type Reader } from './reader.js';
import type { YamlNode } from './yamlTree.js';

/** Whether the program is there is seen when the step runs. */
const SHELLS = ['bash', 'sh', 'python', 'pwsh', 'powershell', 'cmd'];

/** @param under what holds where these defaults say nothing */
export function readDefaults(node: YamlNode | undefined, slot: Availability | undefined, under: RunDefaults, reader: Reader): RunDefaults {
  const run = node && reader.keys(node, 'defaults', DEFAULTS_KEYS).get('run');
  if (!run) return under;
  const entries = reader.keys(run.value, 'defaults.run', DEFAULTS_RUN_KEYS);
  const [shell, folder] = [entries.get('shell'), entries.get('working-directory')];
  return {
    ...under,
    ...present({ shell: shell && readShell(shell.value, slot, reader), workingDirectory: folder && reader.nonEmpty(folder.value, '"working-directory"', slot) }),
  };
}

/** GitHub's schema has no expression where there is no slot; files that others wrote have one there all the same. */
export function readShell(node: YamlNode, given: Availability | undefined, reader: Reader): string | undefined {
  const loose = !given && node.kind === 'scalar' && hasExpression(node.value);
  if (loose) reader.tolerate(node.position, 'an expression is not allowed here');
  const slot = loose ? SLOTS.step : given;
  const shell = reader.nonEmpty(node, '"shell"', slot);
  if (shell === undefined || hasExpression(shell) || SHELLS.includes(shell.toLowerCase()) || shell.includes('{0}')) return shell;
  const rule = `use ${SHELLS.join(', ')}, or a command line with {0} where the script's file goes`;
  return reader.problem(node.position, `unknown shell ${JSON.stringify(shell)}: ${rule}`, suggest(shell, SHELLS));
}
