/** GitHub's key under which a mapping takes what an expression gives: `${{ insert }}: ${{ fromJSON(…) }}`. */
export const INSERT = '${{ insert }}';
