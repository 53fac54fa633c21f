/** The programs by which a step's process is run and ended in the job's container. No input is ever a part of one: they are given arguments. */

/**
 * What `docker exec -i` does, for hosts without the `docker` command: JavaScript for `node -e`, with the engine's socket and a JSON of
 * `{id, workdir, names, literals, argv}` as arguments. It goes on when it is asked to end: the process in the container is asked as well, and
 * its output and exit code are what counts.
 * @see https://docs.docker.com/reference/api/engine/#tag/Exec
 */
export const EXEC = `'use strict';
const http = require('node:http');
const [socketPath, request] = process.argv.slice(-2);
const { id, workdir, names, literals, argv } = JSON.parse(request);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
const fail = (why) => { process.stderr.write('the process could not be run in the container: ' + why + '\\n'); process.exit(126); };
const Env = names.filter((name) => process.env[name] !== undefined).map((name) => name + '=' + process.env[name]).concat(literals);
function ask(method, path, body, headers) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const asked = http.request({ socketPath, method, path, headers: { host: 'docker', 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers } });
  asked.on('error', (error) => fail(error.message)).end(text);
  return asked;
}
function answer(asked, take) {
  asked.on('response', (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (more) => (text += more)).on('end', () => {
      const said = text === '' ? {} : JSON.parse(text);
      if (response.statusCode >= 300) fail(said.message || String(response.statusCode));
      else take(said);
    });
  });
}
answer(ask('POST', '/containers/' + encodeURIComponent(id) + '/exec', { AttachStdout: true, AttachStderr: true, WorkingDir: workdir, Env, Cmd: argv }), ({ Id }) => {
  const started = ask('POST', '/exec/' + Id + '/start', { Detach: false, Tty: false }, { connection: 'Upgrade', upgrade: 'tcp' });
  answer(started, () => undefined);
  started.on('upgrade', (response, socket, head) => {
    let [rest, left, to] = [Buffer.alloc(0), 0, process.stdout];
    const take = (chunk) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (rest.length > 0) {
        if (left === 0) {
          if (rest.length < 8) return;
          [to, left, rest] = [rest[0] === 2 ? process.stderr : process.stdout, rest.readUInt32BE(4), rest.subarray(8)];
        } else {
          const piece = rest.subarray(0, left);
          [left, rest] = [left - piece.length, rest.subarray(piece.length)];
          if (!to.write(piece)) { socket.pause(); to.once('drain', () => socket.resume()); }
        }
      }
    };
    take(head);
    let done = false;
    const finish = () => {
      if (done) return;
      done = true;
      answer(ask('GET', '/exec/' + Id + '/json'), ({ ExitCode, Running }) => { process.exitCode = Running ? 137 : ExitCode; });
    };
    socket.on('data', take).on('end', finish).on('close', finish).on('error', finish);
  });
});`;

/**
 * The Node that is mounted, or the image's own where that cannot run there (another libc); `$@`: the script and its arguments.
 * `-e 0` shows that it can.
 */
export const RUN_NODE = `for node in /__e/node/bin/node node; do
  "$node" -e 0 2>/dev/null && exec "$node" "$@"
done
echo "no Node.js runs in the job's container: its image has none, and the host's needs another libc" >&2
exit 127`;

/** Ends by force whatever carries the marker `$1` (`NAME=VALUE`), and the descendants of that, in the container's own /proc. */
export const KILL = `look() {
  found=" "
  for path in /proc/[0-9]*; do
    pid=\${path#/proc/}
    [ "$pid" != $$ ] && tr '\\0' '\\n' 2>/dev/null <"$path/environ" | grep -qxF -e "$1" && found="$found$pid "
  done 2>/dev/null
  more=1
  while [ "$more" = 1 ]; do
    more=0
    for path in /proc/[0-9]*; do
      pid=\${path#/proc/}
      case "$found" in *" $pid "*) continue ;; esac
      { read -r stat <"$path/stat"; } 2>/dev/null || continue
      parent=\${stat##*) }; parent=\${parent#* }; parent=\${parent%% *}
      case "$found" in *" $parent "*) found="$found$pid "; more=1 ;; esac
    done
  done
}
for tries in 1 2 3; do
  look "$1"
  [ "$found" != " " ] || exit 0
  kill -9 $found 2>/dev/null
done
exit 0`;
