#!/usr/bin/env bash
# ARENATOP_CONF: what each key does, and what is said of those that are not understood.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/agent.bash
. "$ROOT/tests/e2e/agent.bash"

export ARENATOP_CONF='' ARENATOP_RULES=''
threads=$WORKLOADS/threads
header_bytes=4096

# watched CONF WORD...: the workload at rest, a snapshot since then in s.json.
watched() {
    ARENATOP_CONF=interval_ms:50${1:+,$1}
    shift
    start_watched s "$threads" "$@"
    check "${ARENATOP_CONF#*,}: it comes to rest" wait_for ready grep -qx ready s.out
    check "${ARENATOP_CONF#*,}: it is watched" next_dump "$pid" s.json
}

# Its own thread, which says so by its name.
has_publisher() { # PID
    grep -qsx arenatop "/proc/$1/task"/*/comm
}

segment_is() { # FORMAT WANTED: of stat(1)
    equal "$2" "$(stat -c "$1" "$(segments_of "$pid")")"
}

# ---- what is not understood ----

for bad in interval_ms:9 interval_ms:fast intervall_ms:100 peak_ms:-1 mode:right enabled:maybe ring_bytes:1000000 \
    arenas_per_class:0 group:no-such-group children:1 keep: quiet rules:; do
    key=${bad%%:*}
    check "$bad: the program's own status" exits 3 env "ARENATOP_CONF=$bad" "$ARENATOP" run -- "$WORKLOADS/guest" exit
    check "$bad: and output" equal "a handler of the end" "$(cat out)"
    check "$bad: one line that names it" one_error "ARENATOP_CONF: .*$key"
done
check "two of them: two lines" exits 3 env ARENATOP_CONF=mode:x,keep:true,color:red "$ARENATOP" run -- "$WORKLOADS/guest" exit
check "each names its own" equal "mode color" "$(sed -nE 's/.*(mode|color).*/\1/p' err | xargs)"
watched interval_ms:5,mode:x,arenas_per_class:1 alpha: alpha:
check "what is understood holds, the rest is the default" holds s.json '.agent.mode == "exact" and .agent.interval_ms >= 50
    and (.classes[] | select(.name == "alpha_work()") | .arenas == 1)'
check "what was said is a warning, too" holds s.json '[.agent.warnings[] | select(test("interval_ms|mode"))] | length == 2'
stop "$pid"

# ---- enabled ----

for conf in enabled:false enabled:false,keep:true,mode:x; do
    ARENATOP_CONF=$conf
    start_watched off "$threads" alpha: self:named
    check "$conf: it runs" wait_for ready grep -qx ready off.out
    check "$conf: with its own threads alone" equal 3 "$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l)"
    check "$conf: on jemalloc's own arenas" equal "" "$(find "/proc/$pid" -maxdepth 1 -name maps -exec grep arenatop: {} +)"
    check "$conf: without a segment" equal "" "$(segments_of "$pid")"
    stop "$pid"
done
check "enabled:false: nothing is said" equal 1 "$(wc -l <off.err)" # of mode:x, which was read before
ARENATOP_CONF=enabled:false
check "enabled:false: nor without jemalloc" exits 0 env LD_PRELOAD="$AGENT" true
check "nothing at all" equal "" "$(cat err)"

# ---- quiet, keep ----

watched quiet:true,mode:x flood:a
check "quiet: nothing is said" equal "" "$(cat s.err)"
check "quiet: but kept" holds s.json '.agent.warnings | length >= 2'
stop "$pid"
check "quiet: not without jemalloc either" exits 0 env ARENATOP_CONF=quiet:true LD_PRELOAD="$AGENT" true
check "nothing at all" equal "" "$(cat err)"

check "keep: the segment is there after a clean end, and says that it ended" last_snapshot kept.json alpha:
check "keep: with its figures" holds kept.json '.state == "exited" and .process.allocated > 0'

# ---- interval_ms, peak_ms, mode, arenas_per_class ----

watched interval_ms:70,peak_ms:30 alpha:
# The first snapshot comes before anything can have been stretched: that takes eight of them, or of looks.
"$ARENATOP" dump "$pid" --seq 1 -o first.json
check "interval_ms, peak_ms" holds first.json '.agent.interval_ns == 70000000 and .agent.peak_ns == 30000000'
stop "$pid"
watched interval_ms:60,peak_ms:0 alpha:
check "peak_ms:0: no looks" wait_dump "$pid" s.json '.seq > 5 and .agent.peak_ns == 0 and .agent.look_ns == 0'
stop "$pid"
watched mode:flow alpha:
check "mode:flow" holds s.json '.agent.mode == "flow" and all(.classes[]; .mode == "flow") and .flows == []'
check "mode:flow is no warning, it was asked for" equal "" "$(words s.err)"
stop "$pid"
watched arenas_per_class:2 alpha: alpha: alpha: alpha:
check "arenas_per_class:2" holds s.json '.classes[] | select(.name == "alpha_work()") | .arenas == 2'
stop "$pid"
# One after another: who comes while an arena is being made goes without.
watched '' alpha: then: alpha: then: alpha: then: alpha:
check "arenas_per_class: about as many as threads otherwise" holds s.json \
    '.classes[] | select(.name == "alpha_work()") | .arenas == 4'
check "ring_bytes: 16 MiB otherwise" segment_is %s $((16777216 + header_bytes))
check "group: nobody's otherwise" segment_is %a 600
stop "$pid"

# Sixty arenas and a hundred snapshots a second cost more than 1 % of a core.
watched interval_ms:10,peak_ms:1 many:kind
check "too much work is stretched" wait_dump "$pid" s.json '.agent.interval_ns > 10000000'
check "and said, when it has lasted" wait_dump "$pid" s.json 'any(.agent.warnings[]; test("snapshots cost over 1 % of a core.*10 ms"))'
check "once" equal 1 "$(grep -c 'snapshots cost' s.err)"
stop "$pid"

# ---- ring_bytes, group ----

watched ring_bytes:2097152 alpha:
check "ring_bytes" segment_is %s $((2097152 + header_bytes))
stop "$pid"
if [ "$(id -u)" -eq 0 ]; then
    for group in daemon "$(getent group daemon | cut -d: -f3)"; do
        watched "group:$group" alpha:
        check "group:$group" segment_is '%a %G %U' '640 daemon root'
        stop "$pid"
    done
else
    skip "group" "not root"
fi

# ---- children ----

# child_of CONF: a shell under the agent, and its child that forks only; sets `child`.
child_of() {
    ARENATOP_CONF=interval_ms:50${1:+,$1}
    start_watched parent bash -c '(echo child $BASHPID; while :; do read -t 1; done) & wait; :'
    wait_for "a child" grep -q child parent.out
    child=$(sed -n 's/^child //p' parent.out)
    check "${1:-children}: the parent is watched" wait_dump "$pid" parent.json
}
child_of ''
check "children: the child is watched, too" wait_dump "$child" child.json '.process.unexplained == 0'
check "children: with a ring of 1 MiB" equal $((1048576 + header_bytes)) "$(stat -c %s "$(segments_of "$child")")"
kill "$child"
stop "$pid"
rm -f "/dev/shm/arenatop.$child."*
child_of ring_bytes:4194304
check "children: with what was asked for" wait_for "it" eval \
    '[ "$(stat -c %s "$(segments_of "$child")")" = '$((4194304 + header_bytes))' ]'
kill "$child"
stop "$pid"
rm -f "/dev/shm/arenatop.$child."*
child_of children:false
next_dump "$pid" parent.json
check "children:false: a forked child has no thread of ours" eval '! has_publisher "$child" && has_publisher "$pid"'
check "children:false: and no segment" equal "" "$(segments_of "$child")"
kill "$child"
stop "$pid"

# What an exec'ed child finds in its environment.
preloaded() { # CONF [BEFORE [AFTER]]
    env "ARENATOP_CONF=$1" LD_PRELOAD="${2:-}$AGENT${3:-}" sh -c 'exec /bin/sh -c '\''echo "$LD_PRELOAD"'\' 2>/dev/null
}
check "an exec'ed child runs under the agent" equal "$AGENT libjemalloc.so.2" "$(preloaded keep:false '' ' libjemalloc.so.2')"
check "children:false: and without" equal "libjemalloc.so.2" \
    "$(preloaded children:false '' ' libjemalloc.so.2' | xargs)"
check "children:false: whatever is in front" equal "libjemalloc.so.2" "$(preloaded children:false libjemalloc.so.2: | tr : ' ' | xargs)"
done_testing
