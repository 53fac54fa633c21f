export function sourcesHash(root: string): string;
export function filesUnder(root: string, path: string): string[];
