/**
 * The supervisor of a job's steps on the worker's own host: POSIX sh that starts the step that each line of its input names and waits for it. A line with
 * an absolute path makes it one of another job.
 * It is small, so its fork is cheap where the worker's is dear. One step at a time: a step runs in the foreground, since sh starts a background
 * command deaf to SIGINT for good; steps at the same time have a supervisor each.
 *
 * 1. It leads a session of its own, which outlives the worker; its input is a pipe from the worker alone, so it ends by itself when
 *    the worker is gone and its step, if any, has ended.
 * 2. A step is claimed with an exclusive create, so however many supervisors are given a step, one starts it.
 * 3. A step begins only with the file `begun`, of an exclusive create: it is written by the step's own process, or made, empty, by who found that process gone, or not there
 *    yet, and says that it is cut short. So what is called cut short does not begin afterwards, however slow it was.
 * 4. It answers a line a fact: `NAME claimed`, `NAME taken`, `NAME refused`, `NAME ended`, `NAME lost`. The journal is the truth;
 *    the answers say when to look.
 */
import { ENVIRONMENT_FILES } from './environment.js';
import { OWN_LINE } from './programs.js';

/** In the folder of journals: a file a supervisor, which holds its line `PID START BOOT` and one that names its cgroup, if it has one. */
export const SUPERVISORS = 'supervisors';

/** How often, half a second apart, the exit code is offered to a disk that does not take it. */
const RECORD_TRIES = 20;

/**
 * `$1` the folder of journals, `$2` the umask of the steps, `$3` the folder of its cgroup or nothing. `echo` where `:` would do: dash exits when the redirect of a special builtin
 * fails. The step's shell undoes the traps by itself.
 */
export const SUPERVISE = `trap : HUP INT TERM PIPE
umask 077
read -r boot </proc/sys/kernel/random/boot_id
${OWN_LINE}
own_line || exit
me=$own
group=$3
[ -z "$group" ] || echo $$ >"$group/cgroup.procs" || group=
serve() { cd -- "$1" && printf '%s\\n' "$me" "$group" >${SUPERVISORS}/$$; }
serve "$1" || exit
while IFS= read -r name; do
  case $name in /*) serve "$name" || exit; continue ;; esac
  set -C
  if ! echo "$me" >"$name/claim"; then
    if [ -e "$name/claim" ]; then echo "$name taken"; else echo "$name refused"; fi
    continue
  fi
  set +C
  echo "$name claimed"
  (
    cd -- "$name" || exit
    ${['log', ...Object.values(ENVIRONMENT_FILES)].reduce((command, file) => `${command} >>${file}`, 'true')} || exit
    own_line && echo "$own" >>claim || exit
    set -C
    echo "$own" >begun || exit
    set +C
    exec </dev/null >>log 2>&1
    umask "$2"
    . ./command
  )
  code=$?
  tries=0
  if [ -s "$name/begun" ]; then
    until echo "$code" >"$name/exit"; do
      tries=$((tries + 1))
      [ "$tries" -lt ${RECORD_TRIES} ] && [ -d "$name" ] || { echo "$name lost"; exit; }
      sleep 0.5
    done
    echo "$name ended"
  else
    echo "$name lost"
    exit
  fi
done
# Out of its cgroup, so that the last one can remove it.
[ -z "$group" ] || { echo $$ >"\${group%/*/*}/cgroup.procs" && rmdir "$group" "\${group%/*}"; } 2>/dev/null`;
