console.log('post', process.env.INPUT_SOME_NAME, process.env.STATE_from, process.env.STATE_name, process.env.STATE_old, process.env.LATER, process.env.LEVEL);
