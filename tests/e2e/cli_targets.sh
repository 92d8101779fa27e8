#!/usr/bin/env bash
# Which process is meant: by pid, name and file; every way in which there is none, its line and its exit code; ls and gc.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
SYNTH=$BUILD/tests/synth

# start_synth NAME [OPTION...]: a synthetic process, waited for.
start_synth() {
    local name=$1
    shift
    start "$name" "$SYNTH" --every 0 "$@" && wait_for "$name to be ready" grep -q ^ready "$name.out"
}

# A copy of a program under another name: processes are told by the names of their files.
named() { # NAME PROGRAM
    cp "$2" "$TMP/$1" && echo "$TMP/$1"
}

refuses() { # STATUS REGEX TARGET [RUNNER...]
    local status=$1 said=$2 target=$3
    shift 3
    check "dump of $(printf %q "$target") ends with $status" exits "$status" "$@" "$ARENATOP" dump "$target"
    check "and says: $said" one_error "$said"
    check "and writes nothing" equal "" "$(cat out)"
}

# ---- what is not there ----

refuses 3 '^arenatop: 2147483647: no such process; ' 2147483647
refuses 3 '^arenatop: atgt-nobody: no such process or file; ' atgt-nobody
refuses 3 '^arenatop: a\\x1b\[2Jb\\n: no such process or file; ' $'a\e[2Jb\n'
refuses 1 '^arenatop: ./nothing: No such file or directory$' ./nothing

start bare sleep 600
bare=$pid
wait_for "sleep" grep -qx sleep "/proc/$bare/comm"
refuses 3 "^arenatop: $bare \(sleep\): not under the agent; start it with: arenatop run -- sleep 600$" "$bare"
check "the live view says the same" exits 3 "$ARENATOP" "$bare"
check "in one line" one_error 'not under the agent; start it with'
check "and so does batch mode" exits 3 "$ARENATOP" -b -n 1 "$bare"
check "in one line too" one_error 'not under the agent; start it with'
stop "$bare"

# Whoever looks for what is busy has threads' numbers, from top -H or ps -L.
start_watched many "$WORKLOADS/demo-server"
many=$pid
wait_dump "$many" many.json '.threads | length > 1'
tid=$(jq -r '[.threads[].tid] | max' many.json)
refuses 3 "^arenatop: $tid \(.+\): a thread of process $many; give that one$" "$tid"
check "doctor does not judge it as a process" exits 3 "$ARENATOP" doctor "$tid"
check "says so" one_error "^arenatop: $tid \(.+\): a thread of process $many; give that one$"
stop "$many"

# Where a program was built, its own file has its name.
cp "$(command -v sleep)" atgt-own
start own ./atgt-own 600
own=$pid
wait_for "a process of a file here" grep -qx atgt-own "/proc/$own/comm"
refuses 3 "^arenatop: $own \(atgt-own\): not under the agent; start it with: arenatop run -- ./atgt-own 600$" atgt-own
refuses 1 '^arenatop: ./atgt-own: neither a segment nor a recording of arenatop$' ./atgt-own
stop "$own"
refuses 1 '^arenatop: atgt-own: neither a segment nor a recording of arenatop$' atgt-own
cp "$SYNTH" atgt-own
start own ./atgt-own --every 0 --comm atgt-own --end kill --count 1
own=$pid
wait_for "one that will crash" grep -q ^ready own.out
check "its process goes before its file" exits 0 "$ARENATOP" dump atgt-own
kill -USR1 "$own"
wait_for "its crash" gone "$own"
forget "$own"
own_record_is_read() {
    exits 0 "$ARENATOP" dump atgt-own && holds out ".pid == $own and .seq == 61"
}
check "and so does its record" own_record_is_read
cp "$(segments_of "$own")" atgt-copy
check "a file that is ours needs no slash" exits 0 "$ARENATOP" dump atgt-copy
record=$(segments_of "$own")
again=${record%.*}.0123456789abcdef
cp "$record" "$again" # of another process that had its pid
refuses 2 "^arenatop: atgt-own: several records of gone processes have that name: (/dev/shm/[^ ]+, )(/dev/shm/[^ ]+); give one of these files$" atgt-own
check "and one of these files will do" exits 0 "$ARENATOP" dump "$again"
rm -f "$record" "$again"

# ---- a process, by pid, name and file ----

synth_is() { # TARGET PID
    exits 0 "$ARENATOP" dump "$1" && holds out ".pid == $2 and .comm == \"atgt-one\" and .state == \"live\" and .seq == 60"
}
one_program=$(named atgt-one "$SYNTH")
SYNTH=$one_program start_synth one --comm atgt-one
one=$pid
segment=$(segments_of "$one")
check "found by pid" synth_is "$one" "$one"
check "found by name" synth_is atgt-one "$one"
check "found by its segment's path" synth_is "$segment" "$one"

SYNTH=$one_program start_synth two --comm atgt-one
two=$pid
refuses 2 "^arenatop: atgt-one: several processes have that name: ($one, $two|$two, $one); give one of these pids$" atgt-one
check "the pid still tells them apart" synth_is "$two" "$two"
stop "$two"
check "alone again, the name will do" synth_is atgt-one "$one"

# ---- who has just begun ----

just_begun() { # TARGET...: each command finds it, without a pause
    local status
    "$ARENATOP" run -- sleep 600 &
    begun=$!
    exits 0 "$ARENATOP" record "$begun" -n 1 --for 30 -o "begun.$begun"
    status=$?
    kill "$begun"
    wait "$begun" 2>/dev/null
    return "$status"
}
for try in 1 2 3; do
    check "a process that was started in the line before is waited for ($try)" just_begun
done
ARENATOP_CONF=enabled:false start_watched off sleep 600
off=$pid
wait_for "the agent in it" grep -q libarenatop "/proc/$off/maps"
refuses 3 "^arenatop: $off \(sleep\): the agent is loaded but publishes nothing; 'arenatop doctor $off' says " "$off"
stop "$off"

# ---- ls ----

row_of() { # PID: its row in the list
    "$ARENATOP" ls | grep -E "^ *$1 "
}
check "ls has a heading" matches '^ *PID +UID +COMMAND +MODE +CLASSES +AGE +STATE$' "$("$ARENATOP" ls | head -n 1)"
check "and a row" matches "^ *$one +$UID +atgt-one +exact +3 +[0-9:]+ +live$" "$(row_of "$one")"
"$ARENATOP" ls --json >ls.json
check "ls --json has the same" holds ls.json "any(.[]; .pid == $one and .uid == $UID and .comm == \"atgt-one\" and
    .mode == \"exact\" and .classes == 3 and .state == \"live\" and .age_ns > 0 and .path == \"$segment\" and
    (.command | contains(\"atgt-one\")))"
# As a clock that is set some time after the start leaves it: the process has begun in 1970.
cp "$segment" before
dd if=/dev/zero of="$segment" bs=1 seek=72 count=8 conv=notrunc status=none
check "by the clock that nobody sets it is as old as ever" matches " 3 +[0-9]+:[0-9]+ +live$" "$(row_of "$one")"
dd if=before of="$segment" bs=1 skip=72 seek=72 count=8 conv=notrunc status=none

# ---- flight recorders, and gc ----

start_synth crashed --end kill --count 1
crashed=$pid
kill -USR1 "$crashed"
wait_for "the crash" gone "$crashed"
forget "$crashed"
record=$(segments_of "$crashed")
gone_is_read() {
    exits 0 "$ARENATOP" dump "$crashed" && holds out ".pid == $crashed and .seq == 61"
}
check "a crashed process is read by its pid" gone_is_read
check "and listed as gone" matches "^ *$crashed .* gone$" "$(row_of "$crashed")"
start_synth kept --end keep
kept_pid=$pid
kept_segment=$(segments_of "$kept_pid")
stop "$kept_pid"
left_on_purpose
cp "$segment" copy
collect() {
    exits 0 "$ARENATOP" gc && matches "^removed $record: synth, process $crashed$" "$(cat out)" &&
        matches '^[0-9]+ segments? removed, [0-9.]+[BKMG] given back$' "$(tail -n 1 out)"
}
check "gc removes what is gone and says so" collect
check "the crashed one's is gone" equal "" "$(segments_of "$crashed")"
check "and one that ended and was kept" equal no "$([ -e "$kept_segment" ] && echo yes || echo no)"
check "the living keep theirs" synth_is "$one" "$one"
refuses 3 "^arenatop: $crashed: no such process; " "$crashed"
nothing_left() {
    exits 0 "$ARENATOP" gc && matches '^0 segments removed, 0B given back$' "$(tail -n 1 out)"
}
check "a second gc finds nothing" nothing_left
check "a copy is read when the process is gone" exits 0 "$ARENATOP" dump copy
check "with its pid and name" holds out ".pid == $one and .comm == \"atgt-one\""

# ---- other people's ----

if [ "$UID" -eq 0 ] && command -v setpriv >/dev/null; then
    chmod 755 "$TMP"
    nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --)
    refuses 4 "^arenatop: $one \(atgt-one\): not permitted: it is user 0's; " "$one" "${nobody[@]}"
    refuses 4 "^arenatop: $segment: Permission denied$" "$segment" "${nobody[@]}"
    theirs_are_counted() {
        exits 0 "${nobody[@]}" "$ARENATOP" ls && matches '^arenatop: [0-9]+ segments? of other users: not permitted$' \
            "$(cat err)" && [ "$(wc -l <out)" -eq 1 ]
    }
    check "ls tells how many it left out" theirs_are_counted
    spared() {
        exits 0 "${nobody[@]}" "$ARENATOP" gc && [ -e "$segment" ]
    }
    check "gc removes nothing of others" spared
    start nobody "${nobody[@]}" "$SYNTH" --every 0
    nobodys=$pid
    wait_for "nobody's process" grep -q ^ready nobody.out
    check "root may watch everybody" exits 0 "$ARENATOP" dump "$nobodys"
    stop "$nobodys"
else
    skip "somebody else's process" "needs root and setpriv"
fi

# ---- a process in a container: its own pid namespace, its own /dev/shm ----

if [ "$UID" -eq 0 ] && unshare --pid --mount --fork --kill-child true 2>/dev/null; then
    # shellcheck disable=SC2016 # sh expands it
    start box unshare --pid --mount --fork --kill-child --mount-proc \
        sh -c 'mount -t tmpfs none /dev/shm && exec "$0" --every 0' "$SYNTH"
    box=$pid
    wait_for "the process in the box" grep -q '^ready 1 ' box.out
    inner=$(pgrep -P "$box")
    contained_is_found() {
        exits 0 "$ARENATOP" dump "$inner" && holds out ".pid == $inner and .comm == \"synth\" and .seq == 60"
    }
    check "a process in a container is found by its pid out here" contained_is_found
    check "and listed" matches "^ *$inner .* live$" "$(row_of "$inner")"
    inner_pid_is_told() {
        "$ARENATOP" ls --json >ls.json &&
            holds ls.json "any(.[]; .pid == $inner and .inner_pid == 1 and (.path | startswith(\"/proc/$inner/root\")))"
    }
    check "with the pid it has inside" inner_pid_is_told
    kill -KILL "$inner"
    wait_for "the end of the container" gone "$box"
    forget "$box"
else
    skip "a process in a container" "needs root and namespaces"
fi

stop "$one"
done_testing
