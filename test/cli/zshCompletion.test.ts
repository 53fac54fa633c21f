import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completionScript } from '../../cli/completion.js';
import { buildProgram } from '../../cli/program.js';

/** A zsh on a terminal of its own: types the words of its argument and a tab, then prints all that the terminal showed. */
const TYPE = `
zmodload zsh/zpty
zpty -b shell zsh -f -i
read_until() { local all chunk; for _ in {1..400}; do zpty -rt shell chunk && all+=$chunk || sleep 0.05; [[ $all == *$1* ]] && break; done; print -r -- "$all" }
zpty -w shell "PS1=; stty -echo; autoload -Uz compinit; compinit -u -d $1/dump; zstyle ':completion:*' list-max 500; LISTMAX=500; COLUMNS=200; source $1/completion; bindkey '^X' kill-whole-line; print ready-\${:-now}"
read_until ready-now >/dev/null
zpty -wn shell "$2"$'\\t'
zpty -wn shell $'\\t'
read_until "$3"
zpty -d shell
`;

const hasZsh = ((): boolean => {
  try {
    execFileSync('zsh', ['-fc', 'zmodload zsh/zpty'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

let folder: string;
const script = completionScript('zsh', buildProgram('1', () => undefined));
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zsh-'));
  writeFileSync(join(folder, 'completion'), script);
  writeFileSync(join(folder, 'type'), TYPE);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What zsh shows; where there is no zsh, the script's own text. */
function typed(words: string, until: string): string {
  if (!hasZsh) return script;
  return execFileSync('zsh', ['-f', join(folder, 'type'), folder, words, until], { encoding: 'utf8', timeout: 40_000, env: { ...process.env, TERM: 'dumb' } });
}

describe('the completion of zsh, in a zsh where there is one', () => {
  it.each([
    ['the commands', 'fleetwright ', ['up', 'validate', 'doctor'], 'validate'],
    ['the flags of a command', 'fleetwright up --on', ['--on-failure'], '--on-failure'],
    ['the values of a flag', 'fleetwright up --on-failure ', ['undo', 'keep'], 'keep'],
  ])('offers %s', (_, words, offered, until) => {
    const shown = typed(words, until);
    for (const word of offered) expect(shown).toContain(word);
  });
});
