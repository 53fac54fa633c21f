/** Says what the set-up does and how long it took: a first run builds things for minutes. */
export async function told<T>(what: string, act: (onProgress: (line: string) => void) => Promise<T>): Promise<T> {
  const start = Date.now();
  console.log(`${what} ...`);
  const result = await act((line) => console.log(`  ${line}`));
  console.log(`  ${what}: done in ${((Date.now() - start) / 1000).toFixed(1)} s`);
  return result;
}
