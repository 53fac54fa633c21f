console.log(`main after ${process.env.STATE_when}`);
