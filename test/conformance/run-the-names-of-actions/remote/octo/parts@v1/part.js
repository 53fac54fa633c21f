console.log(process.env.GITHUB_ACTION);
