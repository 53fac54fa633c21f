const fs = require('node:fs');
console.log('main', process.env.INPUT_SOME_NAME, process.env.STATE_from, process.env.LEVEL);
fs.appendFileSync(process.env.GITHUB_STATE, `name=${process.env.INPUT_SOME_NAME}\n`);
fs.appendFileSync(process.env.GITHUB_OUTPUT, 'out=1\n');
console.log('::save-state name=old::way');
if (process.env.INPUT_FAIL === 'true') process.exit(1);
