#!/usr/bin/env bash
# Processes in containers, as namespaces make them, seen from outside: each command finds them, whatever pid they have in
# there and whichever /dev/shm they see.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/agent.bash
. "$ROOT/tests/e2e/agent.bash"

export ARENATOP_CONF=interval_ms:50 ARENATOP_RULES=''

if [ "$(id -u)" -ne 0 ] || ! unshare --pid --mount --fork --kill-child --mount-proc true 2>"$TMP/unshare"; then
    skip "containers" "namespaces need root: $(head -c 100 "$TMP/unshare" 2>/dev/null)"
    done_testing
fi

# box NAME MOUNT COMMAND...: a container whose process 1 is COMMAND, a copy of `guest` that is called NAME; sets `pid`, its
# pid out here, and `box`, whom to stop.
box() {
    local name=$1 mount=$2
    shift 2
    cp "$WORKLOADS/guest" "$name" && mkfifo "$name.in"
    start "$name" unshare --pid --mount --fork --kill-child --mount-proc sh -c "$mount"' && exec "$@"' sh "$@"
    box=$pid
    wait_for "process 1 of $name" inside "$name"
    pid=$(pgrep -P "$box")
    inner[pid]=$box
}
inside() {
    pgrep -P "$box" >"$TMP/.inside" && grep -qx "$1" "/proc/$(cat "$TMP/.inside")/comm"
}

# end_box PID: as it would end by itself; unshare only waits, deaf to SIGTERM.
end_box() {
    local name
    name=$(cat "/proc/$1/comm")
    echo >"$name.in"
    wait_for "its end" gone "$1" && stop "${inner[$1]}" && equal 3 "$status"
}
declare -a inner

run=("$ARENATOP" run --)
own='mount -t tmpfs -o size=64m none /dev/shm'
shared='true'

listed() { # PID NAME
    "$ARENATOP" ls --json >ls.json && holds ls.json \
        '[.[] | select(.comm == $name and .state == "live")] | length == 1 and .[0].pid == $pid and .[0].mode == "exact"' \
        --argjson pid "$1" --arg name "$2"
}

is_whole() { # FILE PID NAME
    holds "$1" '.pid == $pid and .comm == $name and .state == "live" and .agent.mode == "exact"
        and .process.unexplained == 0 and any(.threads[]; .name == $name)' --argjson pid "$2" --arg name "$3"
}

serves() { # PID NAME
    local port=$1
    curl_to "$port" | grep -q "^arenatop_class_live_bytes{pid=\"$2\",comm=\"$3\",class=\"main\"}"
}
curl_to() { # PORT
    exec 4<>"/dev/tcp/127.0.0.1/$1" && printf 'GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&4 && cat <&4
    exec 4>&-
}

by_name() {
    dump "$2" named.json && is_whole named.json "$1" "$2"
}

frame() {
    "$ARENATOP" -b -n 1 "$1" >frame && grep -qE "^arenatop +$2 $1 .* exact" frame || { cat frame; return 1; }
}

recorded() {
    "$ARENATOP" record "$1" -n 3 -o "$2.record" && "$ARENATOP" dump "./$2.record" --all | jq -se 'length >= 3'
}

still() {
    next_dump "$1" again.json && is_whole again.json "$1" "$2"
}

# seen PID NAME: by every command, by the pid out here, and by name.
seen() {
    local target=$1 name=$2 port server
    check "$name: is watched" wait_dump "$target" "$name.json"
    check "$name: dump has it whole" is_whole "$name.json" "$target" "$name"
    check "$name: by its name, too" by_name "$target" "$name"
    check "$name: ls has it once" listed "$target" "$name"
    check "$name: a frame of it" frame "$target" "$name"
    open_terminal 100x20 "$ARENATOP" "$target"
    check "$name: the view" wait_screen "^arenatop  $name $target .*● live  exact"
    close_terminal
    check "$name: doctor finds nothing wrong" exits 0 "$ARENATOP" doctor "$target"
    check "$name: and knows its pid in there" grep -qE "^ok +access .* it is pid 1 in a pid namespace of its own" out
    port=$(free_port)
    start server "$ARENATOP" serve --listen "127.0.0.1:$port"
    server=$pid
    check "$name: serve has it" wait_for "its figures" serves "$port" "$target" "$name"
    stop "$server"
    check "$name: record follows it" recorded "$target" "$name"
}

# ---- one, with a /dev/shm of its own ----

box alone "$own" "${run[@]}" ./alone wait exit
alone=$pid
seen "$alone" alone
check "a viewer in there sees it as process 1" eval \
    'nsenter -t "$alone" -p -m -- "$ARENATOP" dump 1 -f json >in.json && holds in.json ".comm == \"alone\" and .pid == 1"'
check "its segment is not out here" equal "" "$(compgen -G "/dev/shm/arenatop.1.*")"

# ---- a second one: both are process 1 ----

box second "$own" "${run[@]}" ./second wait exit
second=$pid
seen "$second" second
check "the first is still itself" still "$alone" alone
check "it ends as it would alone" end_box "$second"
check "the first is not held for it" still "$alone" alone
check "and ends as it would alone" end_box "$alone"

# ---- two with one /dev/shm, ours ----

box left "$shared" "${run[@]}" ./left wait exit
west=$pid
box right "$shared" "${run[@]}" ./right wait exit
east=$pid
seen "$west" left
seen "$east" right
check "two segments of process 1 lie side by side" equal 2 "$(compgen -G "/dev/shm/arenatop.1.*" | wc -l)"
kill -KILL "$west"
stop "${inner[$west]}"
check "one is killed: its record stays" wait_for "the record" eval \
    '"$ARENATOP" ls --json >ls.json && holds ls.json "any(.[]; .comm == \"left\" and .state != \"live\")"'
check "the other lives on" still "$east" right
check "gc removes the one, though there is a process 1" eval \
    '"$ARENATOP" gc && [ "$(compgen -G "/dev/shm/arenatop.1.*" | wc -l)" -eq 1 ]'
check "the other lives on still" still "$east" right
check "and ends as it would alone" end_box "$east"
check "without a trace" equal "" "$(compgen -G "/dev/shm/arenatop.1.*")"

# ---- 64 MB, as Docker gives: half of it stays free for what runs in there ----

half_is_free() { # PID
    local free size
    read -r free size < <(nsenter -t "$1" -m stat -f -c '%a %b' /dev/shm) && [ "$((2 * free))" -ge "$size" ] ||
        { echo "$free of $size are free"; return 1; }
}
watched() { # COMM LEAST MOST
    "$ARENATOP" ls --json >ls.json &&
        holds ls.json "[.[] | select(.comm == \"$1\" and .state == \"live\")] | length >= $2 and length <= $3"
}

# One after the other; each takes half as much as the one before, once that is all there is.
cp "$WORKLOADS/guest" several
mkfifo many.in
# shellcheck disable=SC2016 # sh expands it
start several unshare --pid --mount --fork --kill-child --mount-proc sh -c "$own"' && for i in 1 2 3 4 5 6; do
    "$@" <many.in & until [ "$i" -eq 6 ] || [ "$(ls /dev/shm | wc -l)" -ge "$i" ]; do sleep 0.05; done; done; wait' sh \
    "${run[@]}" ./several wait exit
several=$pid
exec 5>many.in
check "64 MB: the sixth says why it is not watched" wait_for "its line" grep -q \
    '^arenatop: no segment in /dev/shm: half of it stays free for the program; .*: enlarge it ' several.err
check "64 MB: once" equal 1 "$(words several.err | wc -l)"
check "64 MB: five are watched" wait_for "their first snapshots" watched several 5 5
mapfile -t six < <(pgrep -x several)
unwatched=$(comm -13 <(jq -r '.[] | select(.comm == "several") | .pid' ls.json | sort) <(printf '%s\n' "${six[@]}" | sort))
sizes() {
    nsenter -t "$unwatched" -m -p sh -c 'stat -c %s /dev/shm/*' | sort -n | while read -r size; do echo "$((size >> 20))"; done
}
check "64 MB: with less and less history" equal "1 2 4 8 16" "$(sizes | xargs)"
check "64 MB: half of it is free" half_is_free "$unwatched"
check "64 MB: doctor knows what is wrong with the sixth" eval 'exits 5 "$ARENATOP" doctor "$unwatched" && grep -qE "^note +shm .* of 64.0M are free" out'
exec 5>&-
check "64 MB: all end as they would alone" wait_for "their end" gone "$several"
stop "$several"

# A server and forty workers: fifteen find room; it does not have a line of each of the others in its log.
box workers "$own" "${run[@]}" ./workers wait workers 40
server=$pid
check "workers: the server is watched" wait_dump "$server" server.json
echo >workers.in
check "workers: some are watched" wait_for "workers" watched workers 13 16
check "workers: all have tried" wait_dump "$server" server.json ".seq >= $(jq '.seq + 20' server.json)"
check "workers: no more are watched" watched workers 13 16
check "workers: half of /dev/shm is free" half_is_free "$server"
check "workers: the server ends as it would alone" end_box "$server"
check "workers: nothing is said" equal "" "$(words workers.err)"

# What was asked for and is not given is said.
ARENATOP_CONF=interval_ms:50,ring_bytes:67108864 box asked "$own" "${run[@]}" ./asked wait exit
check "ring_bytes: is too much" wait_dump "$pid" asked.json 'any(.agent.warnings[]; test("^ring_bytes is 16777216 here"))'
check "ring_bytes: half of /dev/shm is free" half_is_free "$pid"
check "ring_bytes: it ends as it would alone" end_box "$pid"
check "ring_bytes: and it is said" matches '^arenatop: ring_bytes is 16777216 here: ' "$(cat asked.err)"

# What killed ones have left stays by what it takes, however much the next one does.
left_by_six() { # SIZE of /dev/shm
    # shellcheck disable=SC2016 # sh expands it
    timeout -s KILL "$WAIT_S" unshare --pid --mount --fork --kill-child --mount-proc sh -c '
        mount -t tmpfs -o size="$0" none /dev/shm && exec 5<>small.in
        for i in 1 2 3 4 5 6; do
            ARENATOP_CONF=interval_ms:50,ring_bytes:1048576 "$@" <&5 & killed="$killed $!"
            until [ "$(ls /dev/shm | wc -l)" -ge "$i" ]; do sleep 0.05; done
        done
        kill -KILL $killed; wait
        "$@" <&5 & until find /dev/shm -size +15M | grep -q .; do sleep 0.05; done
        stat -c %s /dev/shm/*' "$@" 2>/dev/null | sort -n | while read -r size; do echo "$((size >> 20))"; done
}
cp "$WORKLOADS/guest" small
mkfifo small.in
check "64 MB: four that take little stay" equal "1 1 1 1 16" "$(left_by_six 64m "${run[@]}" ./small wait exit | xargs)"
check "where /dev/shm has no limit, too" equal "1 1 1 1 16" "$(left_by_six 0 "${run[@]}" ./small wait exit | xargs)"

# ---- none, read-only, full ----

# without NAME MOUNT WHY LEVEL: it runs on, and doctor knows.
without() {
    box "$1" "$2" "${run[@]}" "./$1" wait exit
    local target=$pid
    check "$1: is said" wait_for "a line" grep -qE "^arenatop: no segment in /dev/shm: $3; " "$1.err"
    check "$1: doctor: attribution is impossible" eval 'exits 5 "$ARENATOP" doctor "$target" && grep -q "attribution is impossible" out'
    check "$1: doctor: the agent is loaded, and silent" grep -qE '^problem +agent +loaded, but it publishes nothing' out
    check "$1: doctor: shm is why" grep -qE "^(note|problem) +shm +$4" out
    check "$1: it ends as it would alone" end_box "$target"
    check "$1: in one line" equal 1 "$(words "$1.err" | wc -l)"
}
without none 'umount -l /dev/shm; mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3' 'No such file or directory' 'its /dev/shm cannot be'
without readonly 'mount -t tmpfs -o ro none /dev/shm' 'Read-only file system' '.*read-only'
without full 'mount -t tmpfs -o size=64k none /dev/shm' 'half of it stays free for the program' '.* of 64.0K are free'
done_testing
