const { appendFileSync } = require('node:fs');
appendFileSync(process.env.GITHUB_ENV, 'FROM_PRE=early\n');
appendFileSync(process.env.GITHUB_STATE, 'when=early\n');
