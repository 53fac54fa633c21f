// `npm run up` and its like run this first: a fresh clone needs no command before it.
import { SetUpError, ensureInstalled } from './install.mjs';

try {
  await ensureInstalled();
} catch (error) {
  process.stderr.write(`${error instanceof SetUpError ? error.message : error.stack}\n`);
  process.exitCode = 1;
}
