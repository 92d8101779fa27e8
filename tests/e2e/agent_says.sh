#!/usr/bin/env bash
# What the agent says reaches whoever reads the program's stderr, and nobody and nothing else: the program ends as it would
# alone, and what it reads back from its own files, pipes and sockets is its own.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/agent.bash
. "$ROOT/tests/e2e/agent.bash"

export ARENATOP_RULES=''
guest=$WORKLOADS/says
moves='a thread of class .* changes class over 10 times a second: it stays there'

# said_into NAME WANTED: it says what it found in the place of its stderr, which is all that it wrote there, or more.
said_into() {
    mkfifo "$1.in"
    start_watched "$1" "$guest" "$1" stay
    check "$1: the warning is in the snapshots" wait_dump "$pid" "$1.json" "any(.agent.warnings[]; test(\"$moves\"))"
    echo >"$1.in"
    ended "$1"
    check "$1: its own status" equal 3 "$status"
    check "$1: what is in it" matches "^$2$" "$(cat "$1.out")"
    check "$1: nothing went elsewhere" equal "" "$(cat "$1.err")"
}

# ---- what has stderr's number by then ----

export ARENATOP_CONF=interval_ms:50
said_into closed ''
said_into data 'data: record 1,record 2'
said_into pipe 'pipe: '
said_into socket 'socket: '
said_into log "data: record 1,arenatop: $moves"

# ---- cancellation ----

start alone env LD_PRELOAD="$JEMALLOC" "$guest" cancelled
ended "cancelled, alone"
start_watched cancelled "$guest" cancelled
ended cancelled
check "cancelled: where it would be alone" equal "$(cat alone.out)" "$(cat cancelled.out)"
check "cancelled: its own status" equal 3 "$status"
check "cancelled: the message is said" matches '^arenatop: the program reset arena' "$(cat cancelled.err)"

# ---- signals that come with a write ----

# The agent has something to say before the program has its first word.
export ARENATOP_CONF=nonsense:1
complaint='^arenatop: ARENATOP_CONF: .*nonsense'

start heard "$ARENATOP" run -- "$guest" nothing
ended heard
check "a complaint is said at once" matches "$complaint" "$(cat heard.err)"
# shellcheck disable=SC2016 # the inner shell's
start limited sh -c 'ulimit -f 0; exec "$@"' limited "$ARENATOP" run -- "$guest" nothing
ended limited
check "a file that may not grow: the program's own status" equal 3 "$status"
check "a file that may not grow: nothing is in it" equal "" "$(cat limited.err)"

# In the background of a terminal that stops who writes. Ends as the program does; 200 and more: it was stopped.
cat >background.py <<'END'
import os, pty, sys, termios
def background():
    terminal = termios.tcgetattr(2)
    terminal[3] |= termios.TOSTOP
    termios.tcsetattr(2, termios.TCSANOW, terminal)
    ready, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(ready, 1)
        os.dup2(os.open("/dev/null", os.O_RDWR), 1)
        os.execv(sys.argv[1], sys.argv[1:])
    os.setpgid(child, child)
    os.write(go, b"x")
    status = os.waitpid(child, os.WUNTRACED)[1]
    if os.WIFSTOPPED(status):
        os.kill(child, 9)
        return 200 + os.WSTOPSIG(status)
    return os.waitstatus_to_exitcode(status)
pid, terminal = pty.fork()
if pid == 0:
    os._exit(background())
try:
    while text := os.read(terminal, 1000):
        os.write(1, text)
except OSError: # the other end is closed
    pass
os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
start background python3 background.py "$ARENATOP" run -- "$guest" nothing
ended background
check "in the background: it is not stopped" equal 3 "$status"
check "in the background: and all is said" matches "$complaint" "$(cat background.out)"
done_testing
