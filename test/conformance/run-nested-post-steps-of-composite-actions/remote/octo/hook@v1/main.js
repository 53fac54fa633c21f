console.log('main', process.env.INPUT_NAME);
require('node:fs').appendFileSync(process.env.GITHUB_STATE, `name=${process.env.INPUT_NAME}\n`);
