console.log('post');
