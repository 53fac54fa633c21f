console.log(require('./lib/text.js'), process.env.INPUT_A, process.env.GITHUB_ACTION_REPOSITORY, process.env.GITHUB_ACTION_REF);
