const fs = require('node:fs');
console.log('pre', process.env.INPUT_FAIL, process.env.INPUT_SOME_NAME);
fs.appendFileSync(process.env.GITHUB_STATE, 'from=pre\n');
fs.appendFileSync(process.env.GITHUB_ENV, 'FROM_PRE=1\n');
