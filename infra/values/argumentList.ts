/** Commands in settings: argument lists, which no shell reads. */
import { InvalidInputError } from '../errors.js';

/**
 * A command as one variable holds it: a JSON list (`["pass", "show", "a key"]`), or words with blanks between them.
 * @param name of the variable, for the message
 * @throws InvalidInputError when it is neither
 */
export function argumentList(text: string, name: string): readonly string[] {
  const words = text.trim().startsWith('[') ? listed(text) : text.trim().split(/\s+/);
  if (words === undefined || !words[0] || words.some((word) => word.includes('\0'))) {
    throw new InvalidInputError(`${name} is no command`, `Give words with blanks between them, or a JSON list: ${name}='["pass", "show", "a key"]'`);
  }
  return words;
}

function listed(text: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((word): word is string => typeof word === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}
