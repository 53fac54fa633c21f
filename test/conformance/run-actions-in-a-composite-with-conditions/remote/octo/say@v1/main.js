console.log('say', process.env.INPUT_WHAT);
require('node:fs').appendFileSync(process.env.GITHUB_OUTPUT, `said=${process.env.INPUT_WHAT}\n`);
