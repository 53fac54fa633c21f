export const ROOT: string;
export class SetUpError extends Error {}
export function ensureInstalled(root?: string): Promise<void>;
export function packagesMatch(root: string): boolean;
export function isBuilt(root: string): boolean;
