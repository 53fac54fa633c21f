/** The workflow files of the bench: the same text for us and for act. */

const HEAD = 'on: push\njobs:\n';

function job(id: string, steps: readonly string[], more: readonly string[] = []): string {
  return [`  ${id}:`, '    runs-on: ubuntu-latest', ...more.map((line) => `    ${line}`), '    steps:', ...steps.map((step) => `      - run: ${step}`), ''].join('\n');
}

const trivial = (count: number): readonly string[] => Array.from({ length: count }, () => "':'");

/** By name. */
export const FILES: Readonly<Record<string, string>> = {
  one: HEAD + job('one', trivial(1)),
  /** Writes down when it begins: seconds since the epoch. */
  first: HEAD + job('first', ['date +%s.%N >"$FIRST"']),
  hundred: HEAD + job('many', trivial(100)),
  tenByTen: HEAD + Array.from({ length: 10 }, (_, i) => job(`job${i}`, trivial(10))).join(''),
  matrix: HEAD + job('matrix', trivial(1), ['strategy:', '  matrix:', `    n: [${Array.from({ length: 100 }, (_, i) => i).join(', ')}]`]),
  log: HEAD + job('log', [`"yes 'a line of a log, as long as lines of logs are, which is about eighty characters.' | head -c 200000000"`]),
  fiveThousand: HEAD + job('many', trivial(5000)),
  ledger: HEAD + job('ledger', Array.from({ length: 100 }, () => 'echo >>"$LEDGER"; sleep 0.05')),
  /** Of 500 lines. */
  long: HEAD + job('long', trivial(495)),
};
