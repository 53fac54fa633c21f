/** Names of secrets, as GitHub has them: compared without case. */

/** The token of a run. Nobody makes one here: it is what the run or the settings give, else empty. */
export const TOKEN = 'GITHUB_TOKEN';

/** The one form of a name, or undefined for what is no name of a secret: letters, digits and `_`, no digit first, no GITHUB_ before it. */
export function secretName(text: string): string | undefined {
  const name = text.toUpperCase();
  return name === TOKEN || (/^[A-Z_][A-Z0-9_]*$/.test(name) && !name.startsWith('GITHUB_')) ? name : undefined;
}

/** What a name must be, for messages. */
export const NAME_RULE = 'a name has letters, digits and "_", no digit first, and does not begin with GITHUB_';
