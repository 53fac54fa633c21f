/** A value that must not be seen: an API key, a private key, a password. */
import { inspect } from 'node:util';

const SHOWN = '[secret]';

/**
 * Holds a text that no log, error, JSON or template prints: each of them shows `[secret]`. Only `reveal()` gives the text, and
 * it is called where the text is used, nowhere earlier.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}
