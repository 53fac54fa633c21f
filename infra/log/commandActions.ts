/** What each workflow command of a step does. */
import { PermanentError } from '../errors.js';
import { type Annotation, LONGEST_MESSAGE, placeOf } from './annotation.js';
import { COMMAND_NAMES, type CommandName, type WorkflowCommand } from './commands.js';
import type { Masker } from './masker.js';
import type { StepOutputResult } from './stepResult.js';
import { type MatcherConfig, parseMatcherFile, type ProblemMatchers } from './matchers.js';

export interface CommandOptions {
  /** The job's: what `add-mask` adds holds for the steps after it. */
  readonly masker: Masker;
  /** The job's. */
  readonly matchers: ProblemMatchers;
  /** Whether `::debug::` is shown: GitHub's ACTIONS_STEP_DEBUG. */
  readonly debug: boolean;
  /** Absolute, on the step's host, without a slash at its end: files of annotations are relative to it, and matchers are looked for there. */
  readonly workspace?: string;
  /** Reads a file of the step's host, for `add-matcher`. @default there is none */
  readonly readFile?: (path: string) => string | Buffer | Promise<string | Buffer>;
  /** ACTIONS_ALLOW_UNSECURE_COMMANDS is true: `set-env` and `add-path` work. @default false */
  readonly allowUnsecureCommands?: boolean;
  /** ACTIONS_ALLOW_UNSECURE_STOPCOMMAND_TOKENS is true: `stop-commands` takes any token. @default false */
  readonly allowUnsecureStopTokens?: boolean;
  /** Gets every new secret: the masks of a job have to be kept, outside the history, for a worker that goes on with it. */
  readonly onMask?: (secret: string) => void;
}

export interface CommandEffects {
  /** Puts text into the log; it is masked there. */
  print(text: string): void;
  /** Masked already. */
  annotate(annotation: Annotation): void;
  /** What was printed before is to be masked without the secret that comes. */
  beforeMask(): void;
}

/** GitHub's. */
const MOST_OF_A_LEVEL = 10;
const BLOCKED_ENV = 'NODE_OPTIONS';
/** A token of `stop-commands` up to this length is not hidden. */
const SHORT_TOKEN = 6;
const NEVER_ECHOED: readonly WorkflowCommand['name'][] = ['add-mask', 'debug', 'notice', 'warning', 'error'];

/** A command that cannot be done: the step fails. */
class Refused extends Error {}

export class CommandActions {
  /** While commands are stopped: what goes on with them. */
  stopToken: string | undefined;
  readonly #annotations: Annotation[] = [];
  readonly #kept = new Map<Annotation['level'], number>();
  readonly #outputs = new Map<string, string>();
  readonly #state = new Map<string, string>();
  readonly #env = new Map<string, string>();
  #path: readonly string[] = [];
  #failure: string | undefined;
  #echo: boolean;
  #printed = false;
  readonly #warned = new Set<string>();

  /** Where debug messages are shown, commands are echoed from the start. */
  constructor(private readonly options: CommandOptions, private readonly effects: CommandEffects) {
    this.#echo = options.debug;
  }

  /**
   * @param line as it was written @param atStart whether the command begins its line
   * @returns false when the line is to stay in the log as it is
   */
  run(command: WorkflowCommand, line: string, atStart: boolean): boolean | Promise<boolean> {
    if (command.name === 'resume') {
      this.stopToken = undefined;
      return false;
    }
    this.#printed = false;
    if (this.#echo && command.name !== 'stop-commands' && !NEVER_ECHOED.includes(command.name)) this.#print(`${line}\n`);
    const settled = (stays: boolean): boolean => {
      if (!stays && !atStart && !this.#printed) this.#print('\n'); // what is before it in its line is in the log
      return !stays;
    };
    const refuse = (error: unknown): boolean => settled(this.#refuse(command.name, error));
    try {
      const ended = this.#do(command.name, command);
      return ended instanceof Promise ? ended.then(() => settled(false), refuse) : settled(ended === 'stays');
    } catch (error) {
      return refuse(error);
    }
  }

  /** @param text what the log shows @default the message */
  annotate(annotation: Annotation, text = annotation.message): void {
    const { masker } = this.options;
    this.#print(`##[${annotation.level}]${text}\n`);
    const hide = (value: string): string => masker.mask(value).slice(0, LONGEST_MESSAGE);
    const { message, title, file, code } = annotation;
    const masked: Annotation = {
      ...annotation, message: hide(message), ...(title && { title: hide(title) }), ...(file && { file: hide(file) }), ...(code && { code: hide(code) }),
    };
    this.effects.annotate(masked);
    const kept = this.#kept.get(masked.level) ?? 0;
    if (kept >= MOST_OF_A_LEVEL) return;
    this.#kept.set(masked.level, kept + 1);
    this.#annotations.push(masked);
  }

  results(): StepOutputResult {
    return {
      annotations: this.#annotations, outputs: Object.fromEntries(this.#outputs), state: Object.fromEntries(this.#state), env: Object.fromEntries(this.#env),
      path: this.#path, ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }

  #do(name: CommandName, command: WorkflowCommand): void | 'stays' | Promise<void> {
    const { properties, message } = command;
    switch (name) {
      case 'debug': return this.options.debug ? this.#print(message.split(/\r?\n/).map((line) => `##[debug]${line}\n`).join('')) : undefined;
      case 'notice': case 'warning': case 'error': return this.annotate({ level: name, message, ...placeOf(properties, this.options.workspace) });
      case 'group': return this.#print(`##[group]${message}\n`);
      case 'endgroup': return this.#print('##[endgroup]\n');
      case 'add-mask': return this.#addMask(message);
      case 'echo': return this.#setEcho(message);
      case 'stop-commands': return this.#stop(message);
      case 'set-output': return this.#set(this.#outputs, command, 'GITHUB_OUTPUT');
      case 'save-state': return this.#set(this.#state, command, 'GITHUB_STATE');
      case 'set-env': return this.#setEnv(command);
      case 'add-path': return this.#addPath(message);
      case 'add-matcher': return this.#addMatchers(message);
      case 'remove-matcher': return this.#removeMatchers(properties.get('owner') ?? '', message);
    }
  }

  #addMask(secret: string): void {
    if (secret.trim() === '') return this.warn('There is nothing to hide in an empty ::add-mask::.');
    this.effects.beforeMask();
    if (!this.options.masker.add(secret)) return this.warn('The text of ::add-mask:: is too short to be hidden: it has under 4 characters.');
    this.options.onMask?.(secret);
    if (this.#echo) this.#print('::add-mask::***\n');
  }

  #setEcho(message: string): void {
    const value = message.trim().toLowerCase();
    if (value !== 'on' && value !== 'off') throw new Refused(`Its value is "on" or "off", and not "${message}".`);
    this.#echo = value === 'on';
  }

  #stop(token: string): 'stays' {
    const lower = token.toLowerCase();
    const bad = token === '' || lower === 'pause-logging' || COMMAND_NAMES.some((name) => name === lower);
    if (bad && (token === '' || this.options.allowUnsecureStopTokens !== true)) {
      throw new Refused('Its token must not be empty, "pause-logging" or the name of a command: anybody could guess it.');
    }
    this.stopToken = token;
    if (token.length > SHORT_TOKEN) {
      this.effects.beforeMask();
      this.options.masker.add(token);
    }
    return 'stays';
  }

  #set(into: Map<string, string>, { name, properties, message }: WorkflowCommand, file: string): void {
    into.set(needed(properties.get('name'), 'name'), message);
    if (this.#warned.has(name)) return;
    this.#warned.add(name);
    this.warn(`The \`${name}\` command is deprecated. Write to the file ${file} instead.`);
  }

  #setEnv({ properties, message }: WorkflowCommand): void {
    this.#needUnsecure('set-env', 'GITHUB_ENV');
    const key = needed(properties.get('name'), 'name');
    if (key.toUpperCase() === BLOCKED_ENV) return this.annotate({ level: 'error', message: `Can't update ${key} environment variable using ::set-env:: command.` });
    this.#env.set(key, message);
  }

  #addPath(path: string): void {
    this.#needUnsecure('add-path', 'GITHUB_PATH');
    this.#path = [needed(path, 'path'), ...this.#path.filter((one) => one !== path)];
  }

  #needUnsecure(name: CommandName, file: string): void {
    if (this.options.allowUnsecureCommands === true) return;
    throw new Refused(`The \`${name}\` command is disabled. Write to the file ${file} instead, or opt into unsecure command execution by setting the \`ACTIONS_ALLOW_UNSECURE_COMMANDS\` environment variable to \`true\`.`);
  }

  #addMatchers(path: string): void | Promise<void> {
    if (path === '') return this.warn('::add-matcher:: needs the path of a file.');
    return this.#withMatchers(path, (configs) => this.options.matchers.add(configs));
  }

  #removeMatchers(owner: string, path: string): void | Promise<void> {
    if ((owner === '') === (path === '')) return this.warn('::remove-matcher:: needs either an owner or the path of a file.');
    if (owner !== '') return this.options.matchers.remove([owner]);
    return this.#withMatchers(path, (configs) => this.options.matchers.remove(configs.map((config) => config.owner)));
  }

  #withMatchers(path: string, use: (configs: readonly MatcherConfig[]) => void): void | Promise<void> {
    const { readFile, workspace } = this.options;
    if (readFile === undefined) throw new Refused('Files cannot be read here.');
    const text = readFile(path.startsWith('/') || workspace === undefined ? path : `${workspace}/${path}`);
    const parse = (content: string | Buffer): void => use(parseMatcherFile(content.toString(), path));
    return text instanceof Promise ? text.then(parse) : parse(text);
  }

  #refuse(name: string, error: unknown): false {
    const why = error instanceof PermanentError || error instanceof Refused ? error.message : `${error instanceof Error ? error.message : String(error)}`;
    const message = `The command ::${name}:: failed: ${why}`;
    this.annotate({ level: 'error', message });
    this.#failure ??= this.options.masker.mask(message);
    return false;
  }

  warn(message: string): void {
    this.annotate({ level: 'warning', message });
  }

  #print(text: string): void {
    this.#printed = true;
    this.effects.print(text);
  }
}

function needed(value: string | undefined, what: string): string {
  if (value === undefined || value === '') throw new Refused(`It needs "${what}".`);
  return value;
}
