/** GitHub's key under which a mapping takes what an expression gives: `${{ insert }}: ${{ fromJSON(…) }}`. */
export const INSERT = '${{ insert }}';

/** Whether a key is that one, however it is spaced. */
export function isInsert(key: string): boolean {
  return /^\$\{\{\s*insert\s*\}\}$/.test(key);
}
