/**
 * The programs of the journal on a runner: POSIX sh with Linux's /proc, `setsid` of util-linux, GNU grep, awk. Each is given to
 * `sh -c PROGRAM sh ARGUMENTS...`, so no input is ever a part of a program. `$1` is the folder of the try's journal:
 *
 * | file | holds |
 * |---|---|
 * | script, command | the step's script; the sh that sets its environment and becomes its shell |
 * | claim | whoever makes it starts the step. A line `PID START BOOT` of the keeper (on the worker's host: the supervisor), then one of the step's process: a recycled pid is another START or BOOT |
 * | begun | on the worker's host: whoever makes it, the step's process or who says that it is cut short, decides that it runs, or never will. The process writes its line into it |
 * | log | all that the step prints |
 * | exit | the exit code and a newline; without the newline it is torn and does not count |
 * | output, env, path, state, summary | what GITHUB_OUTPUT, GITHUB_ENV, ... name |
 */
import { ENVIRONMENT_FILES, MARKER } from './environment.js';

/** What of the runner's own environment reaches a script. */
export const KEPT = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TERM', 'TZ'];

/** `$1...` folders. */
export const MAKE_FOLDERS = `umask 077; exec mkdir -p -- "$@"`;

/**
 * Starts the step, unless it was started before: `claim` is made with an exclusive create (`true`, since dash exits when the redirect of a
 * special builtin such as `:` fails). `$2` is KEEP. `setsid -f` and not `&`: sh starts a background command deaf to SIGINT.
 */
export const LAUNCH = `cd -- "$1" && setsid -f true || exit 1
set -C
true >claim || { [ -e claim ]; exit; }
set +C
folder=$1 keep=$2
set -- env -i "${MARKER}=$folder"
for name in ${KEPT.join(' ')}; do
  eval "value=\\\${$name-}"
  [ -z "$value" ] || set -- "$@" "$name=$value"
done
exec setsid -f "$@" sh -c "$keep" sh "$folder"`;

/** Sets `start` to the start of process `$1`; false when it is gone or a zombie. @see proc_pid_stat(5), fields 3 and 22 */
export const START_OF = `start_of() {
  start=
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  set -- \${stat##*) }
  state=$1; shift 19; start=$1
  [ "$state" != Z ] && [ "$state" != X ]
}
read -r boot </proc/sys/kernel/random/boot_id`;

/** Sets `own` to the line of this very process, which `$$` does not tell in a subshell. */
export const OWN_LINE = `own_line() {
  read -r stat </proc/self/stat || return 1
  own=\${stat%% *}
  set -- \${stat##*) }
  shift 19; own="$own $1 $boot"
}`;

/**
 * The keeper: the leader of the step's session, which waits for the step's process and records how it ended. It outlives SIGINT and SIGTERM,
 * which are meant for the step; its traps are undone in the step by sh itself.
 */
export const KEEP = `exec </dev/null >/dev/null 2>&1
cd -- "$1" || exit
trap : HUP INT TERM
mask=$(umask); umask 077
${START_OF}
${OWN_LINE}
record() { own_line && echo "$own" >>claim; }
for file in ${['log', ...Object.values(ENVIRONMENT_FILES)].join(' ')}; do true >>"$file" || exit; done
record || exit
( record && umask "$mask" && exec sh ./command ) >>log 2>&1
code=$?
tries=0
until echo "$code" >exit.new && mv exit.new exit; do
  tries=$((tries + 1)); [ "$tries" -lt 20 ] || exit
  sleep 0.5
done`;

/** `look` sets `seen` to ended, running or gone. Life is looked at before the exit record: what dies between the two has written it. */
const LOOK = `${START_OF}
alive() {
  [ -e "$1" ] || return 1
  while read -r pid started in_boot; do
    [ "$in_boot" = "$boot" ] && start_of "$pid" && [ "$start" = "$started" ] && return 0
  done <"$1"
  return 1
}
marked() { grep -qszxF -e "${MARKER}=$folder" /proc/[0-9]*/environ; }
look() {
  if alive claim; then seen=running
  elif [ ! -s claim ] && marked; then seen=running
  else seen=gone; fi
  if { read -r code <exit; } 2>/dev/null; then seen=ended; fi
}
folder=$1
cd -- "$folder" || exit 1`;

/** How FOLLOW and STATE end. */
export const FOLLOWED = { ended: 0, gone: 3, running: 4, more: 5, absent: 6 } as const;

/** So many looks in a row that find nothing count as gone. */
export const MISSES = 4;

/**
 * Copies the log from byte `$2` until the step's own process has ended: 0 when its exit code is recorded, 3 when it never will be; or until `$3` bytes
 * are copied: 5. The size is taken after the look, so a finished step's output is whole, and a background child that goes on printing does not
 * keep the end away. One miss does not count as gone: a process that is just executing another program shows no environment. It ends by itself
 * when nobody is left to read.
 */
export const FOLLOW = `${LOOK}
offset=$2; last=$(($2 + $3)); misses=0; idle=0
orphaned() { read -r stat </proc/$$/stat; set -- \${stat##*) }; [ "$2" != "$PPID" ]; }
while :; do
  look
  size=$(wc -c 2>/dev/null <log) || size=0
  [ "$size" -le "$last" ] || size=$last
  if [ "$size" -gt "$offset" ]; then
    tail -c "+$((offset + 1))" log | head -c "$((size - offset))"
    offset=$size; idle=0
  else
    idle=$((idle + 1))
  fi
  [ "$offset" -lt "$last" ] || exit ${FOLLOWED.more}
  case $seen in
    ended) exit ${FOLLOWED.ended} ;;
    gone) misses=$((misses + 1)); [ "$misses" -lt ${MISSES} ] || exit ${FOLLOWED.gone} ;;
    *) misses=0 ;;
  esac
  ! orphaned || exit 1
  if [ "$idle" -lt 20 ]; then sleep 0.02; else sleep 0.2; fi
done`;

/** What there is of the step: the exit codes of FOLLOWED. */
export const STATE = `[ -e "$1/claim" ] || exit ${FOLLOWED.absent}
${LOOK}
misses=0
until look; [ "$seen" != gone ] || [ "$misses" -ge ${MISSES} ]; do misses=$((misses + 1)); sleep 0.02; done
case $seen in ended) exit ${FOLLOWED.ended} ;; gone) exit ${FOLLOWED.gone} ;; *) exit ${FOLLOWED.running} ;; esac`;

/** Removes the folder of journals `$1`. */
export const CLEAR = 'exec rm -rf -- "$1"';

/** Removes files `$2...` of a step that does not run. */
export const FORGET = `[ -d "$1" ] || exit 0
${LOOK}
shift
look
[ "$seen" = running ] || exec rm -f -- "$@"`;

/**
 * Sends signal `$signal` (0: none) to what was found of a step or a job, and prints `PID/START` of each: what is `$marked`, what is in one of `$sessions`
 * (`PID/START` of their leaders) or among the `$members` of their cgroups and began at `$since` or later, but for `$others`; what was `$known` before, since a process may lose the parent
 * by which it was found; and the descendants of all these. Parents go first, so that few have time to say what happened to a child. A session whose leader's pid is now another process's is not the one that was recorded.
 */
const SEND = `found=$(cat /proc/[0-9]*/stat 2>/dev/null | awk -v sessions="$sessions" -v members="$members" -v since="$since" -v others="$others" -v marked="$marked" -v known="$known" '
BEGIN { n = split(sessions, list, " "); for (i = 1; i <= n; i++) { split(list[i], leader, "/"); leads[leader[1]] = leader[2] } }
{ line = $0; sub(/^.*\\) /, "", line); split(line, f, " "); parent[$1] = f[2]; session[$1] = f[4]; start[$1] = f[20]
  if (f[1] != "Z" && f[1] != "X") live[$1]
  if (index(marked, " " $1 " ") || index(known, " " $1 "/" f[20] " ")) ours[$1] }
function inside(p, s) { s = session[p]; return (s in leads) && (!(s in start) || start[s] == leads[s]) || index(members, " " p " ") }
# A child of what an earlier step left running is as little ours as that.
function earlier(p) {
  for (; (p in parent) && !(p in ours) && !(p in leads) && inside(p); p = parent[p]) if (start[p] + 0 < since + 0 || index(others, " " p " ")) return 1
  return 0 }
END { for (p in session) if (!(p in leads) && inside(p) && !earlier(p)) late[p]
  for (p in late) ours[p]
  do { more = 0; for (p in parent) if (!(p in ours) && (parent[p] in ours)) { ours[p]; more = 1 } } while (more)
  for (p in ours) if (p in live) print p "/" start[p] }' | sort -n)
[ -n "$found" ] || exit 0
if [ "$signal" != 0 ]; then
  for process in $found; do kill -s "$signal" "\${process%/*}"; done 2>/dev/null
fi
echo $found`;

/** A blank before and after each pid of the files of /proc on its input. */
const PIDS = `{ cut -d/ -f3 | tr '\\n' ' '; }`;

/**
 * Sends signal `$2` to all that belongs to the step: what carries its marker, and what is in its keeper's session since it began. That is a session of the
 * step's own, or on the worker's host the supervisor's, with what earlier steps left running; `$3...` is known already.
 */
export const SIGNAL = `${LOOK}
signal=$2; shift 2; known=" $* "
sessions= since=0 others=
if { read -r pid started in_boot; read -r _ since _; } <claim 2>/dev/null && [ "$in_boot" = "$boot" ]; then sessions=$pid/$started; fi
members= leader= group=
if [ -n "$sessions" ] && [ -d ../supervisors ]; then
  { read -r leader; read -r group; } <"../supervisors/$pid"
  # A supervisor that has no record here is another job's by now.
  [ "$leader" = "$pid $started $boot" ] || sessions= group=
  [ -z "$group" ] || members=" $(tr '\\n' ' ' <"$group/cgroup.procs")"
fi 2>/dev/null
marked=" $(grep -lszxF -e "${MARKER}=$folder" /proc/[0-9]*/environ | ${PIDS})"
[ -z "$sessions" ] || others=" $(grep -lsz "^${MARKER}=" /proc/[0-9]*/environ | ${PIDS})"
${SEND}`;

/** Sends signal `$2` to all that belongs to any step of the job whose folder of journals is `$1`. As SIGNAL. */
export const SIGNAL_JOB = `folder=$1
cd -- "$folder" 2>/dev/null || exit 0
read -r boot </proc/sys/kernel/random/boot_id
signal=$2; shift 2; known=" $* "
since=0 others=
sessions=$(cat -- */claim supervisors/* 2>/dev/null | awk -v boot="$boot" '$3 == boot && !seen[$1 "/" $2]++ { printf "%s/%s ", $1, $2 }')
members=" $(for supervisor in supervisors/*; do
  { read -r _; read -r group; } <"$supervisor" && [ -n "$group" ] && tr '\\n' ' ' <"$group/cgroup.procs"
done 2>/dev/null)"
marked=" $(grep -lszF -e "${MARKER}=$folder/" /proc/[0-9]*/environ | ${PIDS})"
${SEND}`;

/** Prints the first `$2` bytes of file `$1`; nothing when it is not there. */
export const HEAD = `[ -e "$1" ] || exit 0; exec head -c "$2" -- "$1"`;

/** Fails with the reason when nothing can be written in folder `$1`. */
export const TRY_TO_WRITE = `cd -- "$1" && echo write >writable && rm -f writable`;
