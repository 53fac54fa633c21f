/** `fleetwright ssh MACHINE [-- COMMAND]`: a shell, or a command, on a machine of the cluster. */
import type { InteractiveTerminal } from '../../infra/ssh/interact.js';
import { machineNamed } from '../cluster/find.js';
import { type ClusterFlags, withCluster } from '../cluster/open.js';
import type { Terminal } from '../terminal.js';

/**
 * The exit code is the command's. A command's words reach it as they are given: no shell on the machine reads them.
 * @throws InvalidIdError, UsageError for the machine; as `withCluster`
 */
export async function ssh(_: Terminal, word: string, command: readonly string[], flags: ClusterFlags): Promise<number> {
  const { stdin, stdout, stderr } = process;
  const terminal = command.length === 0 && stdin.isTTY && stdout.isTTY ? terminalOf(stdout) : undefined;
  return withCluster(flags, async (cluster) => {
    const machine = await cluster.at(machineNamed(cluster, word));
    if (terminal) stdin.setRawMode(true);
    try {
      return await machine.interact({ stdin, stdout, stderr, ...(command.length === 0 ? {} : { argv: command }), ...(terminal ? { terminal } : {}) });
    } finally {
      if (terminal) stdin.setRawMode(false);
      stdin.unref?.();
    }
  });
}

function terminalOf(stdout: NodeJS.WriteStream): InteractiveTerminal {
  return {
    term: process.env['TERM'] ?? 'xterm',
    size: () => ({ columns: stdout.columns, rows: stdout.rows }),
    onResize: (changed) => {
      stdout.on('resize', changed);
      return () => void stdout.off('resize', changed);
    },
  };
}
