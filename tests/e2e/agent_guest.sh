#!/usr/bin/env bash
# The polite guest: what a program does and says, and how it ends, is the same with the agent and without.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/agent.bash
. "$ROOT/tests/e2e/agent.bash"

export ARENATOP_CONF=interval_ms:50 ARENATOP_RULES=''
guest=$WORKLOADS/guest
for end in exit return _exit _Exit quick_exit sigwait thread-exit; do
    clean "$end" "$end"
done
for end in abort 'raise 15' 'raise 11'; do
    # shellcheck disable=SC2086 # two words
    killed "$end" $end
done

# ---- killed ----

mkfifo killed.in
start_watched killed "$guest" wait exit
check "killed: it is watched" wait_dump "$pid" live.json
kill -KILL "$pid"
wait_for "its end" gone "$pid"
segment=$(segments_of "$pid")
check "killed: what it left can be read" "$ARENATOP" dump "$segment" -f json -o killed.json
check "killed: and is whole" holds killed.json '.process.allocated > 0 and .comm == "guest"'
check "killed: gc removes it" wait_for "gc" eval "'$ARENATOP' gc | grep -F '$segment'; [ ! -e '$segment' ]"
stop "$pid"

# ---- the main thread leaves ----

start_watched leaves "$guest" main-leaves
ended main-leaves
check "main-leaves: ends with status 0" equal 0 "$status"
clean main-leaves-alone main-leaves-alone
start_watched leaves "$guest" main-leaves-for-ever
check "main-leaves-for-ever: is watched" wait_dump "$pid" leaves.json '[.classes[] | select(.name == "wait_for_ever()") | .threads] == [1]'
check "main-leaves-for-ever: what /proc knows is known" holds leaves.json '.process.rss > 0'
check "main-leaves-for-ever: SIGTERM ends it" stop "$pid"
check "main-leaves-for-ever: as it would alone" equal 143 "$status"

# ---- children ----

for child in fork clone vfork spawn; do
    clean "$child" "$child"
done
# What it replaces itself with lives too short for a segment of its own.
clean "exec of another" exec /bin/true
clean "exec of itself" exec "$guest" exit
clean "exec of one without jemalloc" exec env LD_PRELOAD="$AGENT" ARENATOP_CONF=quiet:true /bin/true
clean "exec of nothing" exec "$TMP/nothing"

# Its parents are gone, its own segment is there, and goes.
daemon_pid() {
    sed -n 's/^daemon //p' daemon.out
}
for way in '' wait; do
    [ -z "$way" ] || mkfifo daemon.in
    # shellcheck disable=SC2086 # a word or none
    start_watched daemon "$guest" $way daemon stay
    parent=$pid
    if [ -n "$way" ]; then
        check "daemon, late: its parent is watched" wait_dump "$parent" parent.json
        echo >daemon.in
    fi
    wait_for "the daemon" eval '[ -n "$(daemon_pid)" ]'
    check "daemon${way:+, late}: is watched" wait_dump "$(daemon_pid)" daemon.json '.process.unexplained == 0'
    pid=$parent
    ended "daemon${way:+, late}: its parent"
    check "daemon${way:+, late}: the parent's status" equal 0 "$status"
    check "daemon${way:+, late}: nothing is left of the parent" equal "" "${left[*]-}"
    child=$(daemon_pid)
    kill "$child"
    wait_for "its end" gone "$child"
    rm -f "/dev/shm/arenatop.$child."* daemon.in
done

# Who waits for the end of what a daemon says gets it when the daemon lets go, not when it ends.
let_go() {
    child=$(timeout 300 "$ARENATOP" run -- "$guest" let-go 2>&1 </dev/null | sed -n 's/^daemon //p') && alive "$child"
}
check "a daemon lets go of its stderr" let_go
check "and is watched" wait_dump "$child" daemon.json
kill "$child"
wait_for "its end" gone "$child"
rm -f "/dev/shm/arenatop.$child."*

# ---- the kernel's side ----

clean descriptors descriptors
clean tiny tiny
clean odd-ends odd-ends
if is_root; then
    clean namespaces namespaces
    clean pid-namespace pid-namespace
    mkdir empty
    # On a busy machine it may be in there before its segment is made.
    may_say='no segment in \/dev\/shm: No such file' clean chroot chroot "$TMP/empty"
    unnamed drop-user drop-user # what may stay is a name alone: its memory is given back
    check "drop-user: next to no memory stays" eval '[ "$left_kib" -le 16 ]'
    unnamed refused refused
else
    skip "namespaces, chroot, another user" "not root"
fi
clean address-space address-space 400 100

start_watched row "$guest" in-a-row
ended in-a-row
check "50,000 threads in a row" equal "50000 in a row: Success" "$(cat row.out)"
start_watched once "$guest" at-once
ended at-once
check "2,000 threads at once" equal "2000 at once" "$(cat once.out)"

# ---- /dev/shm ----

# without_room NAME MOUNT WHY: one line, and the program runs on.
without_room() {
    mkfifo room.in
    start room unshare -m sh -c "$2"' && exec "$@"' sh "$ARENATOP" run -- "$guest" wait exit
    check "$1: is said" wait_for "a line" grep -qE "^arenatop: no segment in /dev/shm: $3;" room.err
    echo >room.in
    ended "$1"
    rm room.in
    check "$1: the program's own status" equal 3 "$status"
    check "$1: and output" equal "a handler of the end" "$(cat room.out)"
    check "$1: in one line" equal 1 "$(words room.err | wc -l)"
}

# Threads that are ended by a handler before they begin tell nobody; when the main thread leaves, too, the process ends.
cat >untold.c <<'END'
#include <pthread.h>
#include <signal.h>
#include <unistd.h>
static void leaves(int number) { pthread_exit(NULL); }
static void *begins(void *u) { return u; }
int main(void) {
    pthread_t thread;
    signal(SIGUSR1, leaves);
    for (int i = 0; i < 100; i++) {
        pthread_create(&thread, NULL, begins, NULL);
        pthread_kill(thread, SIGUSR1);
        pthread_join(thread, NULL);
    }
    usleep(300000);
    pthread_exit(NULL);
}
END
cc -w -o untold untold.c
untold_without_room() {
    # shellcheck disable=SC2016 # the inner shell's
    timeout -s KILL 300 unshare -m sh -c 'mount -t tmpfs -o ro none /dev/shm && LD_PRELOAD=$0 exec ./untold' "$AGENT $JEMALLOC"
}
if is_root && unshare -m true 2>"$TMP/unshare"; then
    check "without a segment, a process ends whose threads ended untold" untold_without_room
    without_room "/dev/shm full" 'mount -t tmpfs -o size=64k none /dev/shm' 'half of it stays free for the program'
    without_room "/dev/shm read-only" 'mount -t tmpfs -o ro none /dev/shm' 'Read-only file system'
    without_room "/dev/shm missing" 'mount -t tmpfs none /dev' 'No such file or directory'
else
    skip "/dev/shm full, read-only, missing" "mounts need root: $(head -c 100 "$TMP/unshare" 2>/dev/null)"
fi

# ---- no jemalloc ----

start none env LD_PRELOAD="$AGENT" "$guest" exit
ended "no jemalloc"
check "no jemalloc: the program's own status" equal 3 "$status"
check "no jemalloc: and output" equal "a handler of the end" "$(cat none.out)"
check "no jemalloc: is said" matches '^arenatop: no jemalloc serves malloc in this process' "$(cat none.err)"
check "no jemalloc: in one line" equal 1 "$(wc -l <none.err)"
check "no jemalloc: no segment" equal "" "${left[*]-}"

# A child that has the agent from a watched program and no jemalloc of its own, as a server's scripts may be. The parent has
# its thread, and gets no segment: it may not write so large a file.
# shellcheck disable=SC2016 # the inner shell's
readonly heir='until grep -qsx arenatop /proc/$$/task/*/comm; do :; done
    ARENATOP_CONF= LD_PRELOAD=$1 "$2" exit; exit $?'
start heir sh -c 'ulimit -f 100; exec "$@"' limited env ARENATOP_CONF=quiet:true "$ARENATOP" run -- \
    sh -c "$heir" heir "$AGENT" "$guest"
ended "no jemalloc, inherited"
check "no jemalloc, inherited: the program's own status" equal 3 "$status"
check "no jemalloc, inherited: nothing is said" equal "" "$(cat heir.err)"
done_testing
