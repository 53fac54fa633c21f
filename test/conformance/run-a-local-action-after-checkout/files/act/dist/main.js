require('node:fs').appendFileSync(process.env.GITHUB_OUTPUT, `y=${process.env.INPUT_X}\n`);
console.log(process.cwd() === process.env.GITHUB_WORKSPACE);
