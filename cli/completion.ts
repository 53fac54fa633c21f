/** Completion scripts, generated from the tree of commands. Pure. */
import type { Argument, Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface Flag { readonly names: readonly string[]; readonly about: string; readonly takesValue: boolean; readonly choices: readonly string[]; readonly isFile: boolean }
interface Entry { readonly name: string; readonly about: string; readonly flags: readonly Flag[]; readonly words: readonly string[]; readonly takesFiles: boolean }

/** The script that a shell reads. */
export function completionScript(shell: Shell, program: Command): string {
  const entries = program.commands.map(entryOf);
  const globals = [...program.options, new HelpFlag()].map(flagOf);
  return { bash, zsh, fish }[shell](program.name(), entries, globals);
}

class HelpFlag implements Pick<Option, 'short' | 'long' | 'description' | 'flags' | 'argChoices' | 'required' | 'optional'> {
  readonly short = '-h';
  readonly long = '--help';
  readonly flags = '-h, --help';
  readonly description = 'print help';
  readonly required = false;
  readonly optional = false;
}

function flagOf(option: Pick<Option, 'short' | 'long' | 'description' | 'flags' | 'argChoices' | 'required' | 'optional'>): Flag {
  return {
    names: [option.short, option.long].filter((name) => name !== undefined),
    about: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
    isFile: /<file>/.test(option.flags),
  };
}

function entryOf(command: Command): Entry {
  const args: readonly Argument[] = command.registeredArguments;
  return {
    name: command.name(),
    about: command.description(),
    flags: [...command.options, new HelpFlag()].map(flagOf),
    words: args.some((argument) => argument.name() === 'shell') ? SHELLS : args[0]?.argChoices ?? (args.some((argument) => ['run', 'run|file'].includes(argument.name())) ? ['latest'] : []),
    takesFiles: args.some((argument) => ['file', 'run|file'].includes(argument.name())),
  };
}

const namesOf = (flags: readonly Flag[]): string => flags.flatMap((flag) => flag.names).join(' ');

function bash(program: string, entries: readonly Entry[], globals: readonly Flag[]): string {
  const choices = new Map(entries.flatMap((entry) => entry.flags).filter((flag) => flag.choices.length > 0).map((flag) => [flag.names.join('|'), flag.choices]));
  return `# bash completion of ${program}
_${program}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} words=
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    words='${entries.map((entry) => entry.name).join(' ')} help ${namesOf(globals)}'
  else
    case $prev in
${[...choices].map(([names, values]) => `      ${names}) COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$cur")); return ;;`).join('\n')}
    esac
    case \${COMP_WORDS[1]} in
${entries.map((entry) => `      ${entry.name}) if [[ $cur == -* ]]; then words='${namesOf(entry.flags)}'; else words='${entry.words.join(' ')}'; fi ;;`).join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _${program} ${program}
`;
}

function zsh(program: string, entries: readonly Entry[], globals: readonly Flag[]): string {
  const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const describe = (text: string): string => text.replace(/[[\]:]/g, '\\$&');
  const spec = (flag: Flag): string[] => flag.names.map((name) => {
    const value = flag.choices.length > 0 ? `:value:(${flag.choices.join(' ')})` : flag.isFile ? ':file:_files' : flag.takesValue ? ':value: ' : '';
    return quote(`*${name}[${describe(flag.about)}]${value}`);
  });
  const rest = (entry: Entry): string => quote(entry.takesFiles ? '*:file:_files' : entry.words.length > 0 ? `*:word:(${entry.words.join(' ')})` : '*: :');
  return `#compdef ${program}
_${program}() {
  local -a commands
  commands=(
${entries.map((entry) => `    ${quote(`${entry.name}:${describe(entry.about)}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    _arguments ${globals.flatMap(spec).join(' ')}
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${entries.map((entry) => `    ${entry.name}) _arguments ${entry.flags.flatMap(spec).join(' ')} ${rest(entry)} ;;`).join('\n')}
  esac
}
compdef _${program} ${program}
`;
}

function fish(program: string, entries: readonly Entry[], globals: readonly Flag[]): string {
  const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const flagWords = (flag: Flag): string => [
    ...flag.names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)),
    ...(flag.takesValue ? [flag.isFile ? '-r -F' : '-x'] : []),
    ...(flag.choices.length > 0 ? [`-a ${quote(flag.choices.join(' '))}`] : []),
    `-d ${quote(flag.about)}`,
  ].join(' ');
  return `# fish completion of ${program}
complete -c ${program} -f
${globals.map((flag) => `complete -c ${program} -n __fish_use_subcommand ${flagWords(flag)}`).join('\n')}
${entries.map((entry) => [
    `complete -c ${program} -n __fish_use_subcommand -a ${entry.name} -d ${quote(entry.about)}`,
    ...entry.flags.map((flag) => `complete -c ${program} -n ${quote(`__fish_seen_subcommand_from ${entry.name}`)} ${flagWords(flag)}`),
    ...(entry.words.length > 0 ? [`complete -c ${program} -n ${quote(`__fish_seen_subcommand_from ${entry.name}`)} -a ${quote(entry.words.join(' '))}`] : []),
    ...(entry.takesFiles ? [`complete -c ${program} -n ${quote(`__fish_seen_subcommand_from ${entry.name}`)} -F`] : []),
  ].join('\n')).join('\n')}
`;
}
