console.log(require('fs').existsSync('over') ? 'over' : 'not yet');
