module.exports = 'from git';
