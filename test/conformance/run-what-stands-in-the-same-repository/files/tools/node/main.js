console.log(process.env.GITHUB_ACTION, process.env.GITHUB_ACTION_REPOSITORY === process.env.GITHUB_REPOSITORY);
