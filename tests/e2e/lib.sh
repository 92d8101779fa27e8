# lib.sh: what the end-to-end tests have in common. Sourced first, by bash:  . "${0%/*}/lib.sh"
#
# A test runs in a folder of its own ($TMP, the current one), says its results with `check` and ends with
# `done_testing`. Whatever it started is stopped on every way out. Nothing sleeps and hopes: see wait_for.
# shellcheck shell=bash disable=SC2034 # much of it is there for the tests
set -u

ROOT=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
BUILD=$(cd "$ROOT" && cd "${BUILD:-build}" && pwd) || exit 1
ARENATOP=$BUILD/arenatop
AGENT=$BUILD/libarenatop.so
WORKLOADS=$BUILD/tests
JEMALLOC=libjemalloc.so.2
# Longer than any machine should need, shorter than the runner's limit: it is only ever waited out by a failure.
WAIT_S=${WAIT_S:-60}

export LC_ALL=C.UTF-8 TERM=xterm-256color
# The leak check stops an ending program with ptrace, and below a shell with job control it may wait for that for ever;
# it takes what ncurses keeps for a leak, too. Leaks are looked for in the unit tests.
export ASAN_OPTIONS=detect_leaks=0
TMP=$(mktemp -d /tmp/arenatop-test.XXXXXX) || exit 1
export XDG_CONFIG_HOME=$TMP/config
cd "$TMP" || exit 1

lib_results=0      # results said so far
lib_started=()     # pids of `start`, each the leader of its own session
lib_left_behind=() # segments of processes that ended cleanly

# ---- results ----

# check NAME COMMAND...: one result. What the command says is shown when it fails. Returns the command's verdict.
check() {
    local name=$1 verdict
    shift
    lib_results=$((lib_results + 1))
    "$@" >"$TMP/.said" 2>&1
    verdict=$?
    if [ "$verdict" -eq 0 ]; then
        echo "ok $lib_results - $name"
    else
        echo "not ok $lib_results - $name"
        printf '# %s: status %d\n' "$*" "$verdict" | head -c 500
        head -c 20000 "$TMP/.said" | sed 's/^/# /'
    fi
    return "$verdict"
}

# skip NAME WHY: a result that this machine cannot give.
skip() {
    lib_results=$((lib_results + 1))
    echo "ok $lib_results - $1 # SKIP $2"
}

# bail WHY: ends the test as failed; for what all the rest depends on.
bail() {
    echo "# gave up: $1"
    exit 1
}

# done_testing: stops what was started, checks that nothing stays behind, and says that the test came to its end.
done_testing() {
    stop_all
    check "no segment of a process that ended cleanly is left" equal "" "${lib_left_behind[*]-}"
    echo "1..$lib_results"
    exit 0
}

# ---- verdicts, for check ----

equal() { # WANTED GOT
    [ "$1" = "$2" ] || { printf 'wanted: %s\ngot:    %s\n' "$1" "$2"; return 1; }
}

matches() { # EXTENDED_REGEX TEXT
    grep -qE -- "$1" <<<"$2" || { printf 'wanted a line like: %s\ngot: %s\n' "$1" "$2"; return 1; }
}

# exits STATUS COMMAND...: what it wrote is in $TMP/out and $TMP/err.
exits() {
    local wanted=$1 got
    shift
    "$@" >"$TMP/out" 2>"$TMP/err" </dev/null
    got=$?
    [ "$got" -eq "$wanted" ] && return 0
    printf 'wanted status %d, got %d\n' "$wanted" "$got"
    head -n 20 "$TMP/out" "$TMP/err"
    return 1
}

# one_error REGEX: $TMP/err is exactly one line, in the form of the contract, and matches.
one_error() {
    [ "$(wc -l <"$TMP/err")" -eq 1 ] && grep -qE '^arenatop: ' "$TMP/err" && grep -qE -- "$1" "$TMP/err" && return 0
    printf 'wanted one line "arenatop: " with: %s\ngot:\n' "$1"
    cat "$TMP/err"
    return 1
}

# holds FILE JQ_EXPRESSION [JQ_OPTION...]: the expression is true of the JSON in the file.
holds() {
    local file=$1 expression=$2
    shift 2
    jq -e "$@" "$expression" "$file" >"$TMP/.holds" 2>&1 && return 0
    printf 'not true of %s: %s\n' "$file" "$expression"
    cat "$TMP/.holds"
    jq -c 'if type == "object" then del(.arenas) else . end' "$file" 2>&1 | head -c 8000
    return 1
}

# ---- what the agent says ----

# words FILE: what was said on a stderr, without what depends on how busy the machine is.
words() {
    sed -E '/^arenatop: (snapshots|looks for peaks) cost over .* of a core: /d' "$1"
}

# ---- waiting ----

# wait_for WHAT COMMAND...: asks again and again until the command says yes; after WAIT_S seconds gives up and says so.
# It counts its own pauses, not the clock: while the whole machine stood still, nobody had a chance to say yes.
wait_for() {
    local what=$1 pauses=$((WAIT_S * 20))
    shift
    until "$@" >"$TMP/.wait" 2>&1; do
        if [ "$((pauses--))" -eq 0 ]; then
            echo "waited $WAIT_S s in vain for: $what"
            head -c 8000 "$TMP/.wait"
            return 1
        fi
        sleep 0.05
    done
}

# ---- processes ----

# start NAME COMMAND...: in the background, in a session of its own; sets `pid`. Output goes to NAME.out and NAME.err;
# NAME.in, a FIFO, is its stdin if the test has made one.
start() {
    local name=$1 input=/dev/null opened
    shift
    [ ! -p "$name.in" ] || input=$name.in
    # <> does not wait for the other end of a FIFO. It is opened here, so that what is written to it right after is not lost.
    exec {opened}<>"$input"
    : >"$name.out" 2>"$name.err" # what an earlier one of that name said is not waited for
    setsid "$@" <&"$opened" {opened}>&- >"$name.out" 2>"$name.err" &
    pid=$!
    exec {opened}>&-
    lib_started+=("$pid")
}

# start_watched NAME COMMAND...: the same, under the agent. ARENATOP_CONF and ARENATOP_RULES are the caller's.
start_watched() {
    local name=$1
    shift
    start "$name" "$ARENATOP" run -- "$@"
}

# house_make ARGUMENT...: make, of the house and the build under test.
house_make() {
    make -s -C "$ROOT" BUILD="$BUILD" SANITIZE="${SANITIZE:-}" COVERAGE="${COVERAGE:-}" "$@"
}

alive() {
    [ -d "/proc/$1" ] && ! grep -qs '^State:[[:space:]]*[ZX]' "/proc/$1/status"
}

gone() {
    ! alive "$1"
}

# stop PID [SIGNAL]: ends a process of `start` and its session; sets `status`. What does not end is killed, and that is
# a failure (1). A segment that outlives a clean end is noted for done_testing; one of a killed process is removed.
stop() {
    local target=$1 ended=0 segments
    kill "-${2:-TERM}" "$target" 2>/dev/null
    wait_for "end of process $target" gone "$target" || ended=1
    kill -KILL -- "-$target" 2>/dev/null
    wait "$target" 2>/dev/null
    status=$?
    forget "$target"
    mapfile -t segments < <(segments_of "$target")
    [ "$status" -ge 128 ] || lib_left_behind+=("${segments[@]}")
    rm -f "${segments[@]}"
    return "$ended"
}

# left_on_purpose: what clean ends have left so far was meant to stay.
left_on_purpose() {
    lib_left_behind=()
}

# clear_records PROGRAM: removes what killed children of a program have left; what lives stays.
clear_records() {
    local path
    while read -r path; do
        rm -f "$path"
    done < <("$ARENATOP" ls --json |
        jq -r --arg program "$1" '.[] | select((.command | startswith($program)) and .state == "gone") | .path')
}

# forget PID: takes it off the list of what is to be stopped.
forget() {
    local kept=() one
    for one in ${lib_started[@]+"${lib_started[@]}"}; do
        [ "$one" = "$1" ] || kept+=("$one")
    done
    lib_started=(${kept[@]+"${kept[@]}"})
}

stop_all() {
    local one
    for one in ${lib_started[@]+"${lib_started[@]}"}; do
        stop "$one"
    done
}

# segments_of PID: files in /dev/shm, one a line.
segments_of() {
    compgen -G "/dev/shm/arenatop.$1.*"
}

# free_port: a loopback port from 20000 up, below the kernel's own range, that nobody listens on.
free_port() {
    local port
    while :; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        awk -v want="$(printf ':%04X$' "$port")" '$2 ~ want { found = 1 } END { exit found }' /proc/net/tcp /proc/net/tcp6 \
            2>/dev/null && break
    done
    echo "$port"
}

answers() { # PORT: somebody accepts connections there
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# ---- snapshots ----

# dump PID FILE [JQ_EXPRESSION]: the newest snapshot as JSON; false when there is none or the expression is not true.
dump() {
    "$ARENATOP" dump "$1" -f json -o "$2" && { [ $# -lt 3 ] || holds "$2" "$3"; }
}

# wait_dump PID FILE [JQ_EXPRESSION]: waits until a snapshot is such.
wait_dump() {
    wait_for "a snapshot of $1 with ${3:-anything}" dump "$@"
}

# next_dump PID FILE: a snapshot that was taken wholly after this call.
next_dump() {
    wait_dump "$1" "$2" && wait_dump "$1" "$2" ".seq >= $(jq '.seq + 2' "$2")"
}

# ---- a terminal ----

terminal() {
    tmux -S "$TMP/tmux" -f /dev/null "$@"
}

# open_terminal COLUMNSxROWS COMMAND...: runs the command in a terminal of that size. TERM inside is $TERM_INSIDE.
# When the command ends its screen stays, with the status below it.
open_terminal() {
    local size=$1
    shift
    terminal new-session -d -x "${size%x*}" -y "${size#*x}" -n idle 'sleep infinity' \; \
        set -g default-terminal "${TERM_INSIDE:-tmux-256color}" \; set -g status off \; \
        set -g escape-time 0 \; set -g remain-on-exit on \; set -g default-shell /bin/bash \; \
        new-window -n view "$(printf '%q ' "$@")"
}

resize_terminal() { # COLUMNSxROWS
    terminal resize-window -t view -x "${1%x*}" -y "${1#*x}"
}

# keys KEY...: as tmux send-keys names them.
keys() {
    terminal send-keys -t view "$@"
}

# screen: what the terminal shows now.
screen() {
    terminal capture-pane -p -t view
}

shows() { # REGEX: some line of the screen is like this
    matches "$1" "$(screen)"
}

wait_screen() { # REGEX
    wait_for "a screen with $1" shows "$1"
}

# terminal_end: how the command in the terminal has ended, a status or a signal's number; nothing while it runs, nor as
# long as tmux, to whom a terminal is dead when its other end is closed, has not fetched the status.
terminal_end() {
    # tmux now and then misses the end of a child, and of another one that is to make it look, too: it is told to look.
    kill -CHLD "$(terminal display-message -p '#{pid}')"
    terminal display-message -p -t view '#{?pane_dead,#{pane_dead_status}#{pane_dead_signal},}'
}

# left_terminal [STATUS]: the command in the terminal has ended, with that status if one is given.
left_terminal() {
    local end
    end=$(terminal_end)
    [ -n "$end" ] && { [ $# -eq 0 ] || equal "$1" "$end"; }
}

close_terminal() {
    terminal kill-server 2>/dev/null
    rm -f "$TMP/tmux"
}

# ---- the way out ----

# A child that a signal meets between its fork and its exec runs this, too: it must not clear away what is its parent's.
leave() {
    local verdict=$?
    trap - EXIT INT TERM HUP
    [ "$BASHPID" -eq $$ ] || exit "$verdict"
    stop_all >/dev/null
    close_terminal
    cd /
    if [ -n "${KEEP_TMP:-}" ]; then
        echo "# kept $TMP"
    else
        rm -rf "$TMP"
    fi
    exit "$verdict"
}
trap leave EXIT
trap 'exit 130' INT TERM HUP
