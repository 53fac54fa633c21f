console.log(`[${process.env.INPUT_NEEDED}] [${process.env.INPUT_UNKNOWN}]`);
console.log('::error file=x.js,line=2::broken');
process.exitCode = 2;
