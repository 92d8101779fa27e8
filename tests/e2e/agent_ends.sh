#!/usr/bin/env bash
# On a busy machine the agent's thread may not get to run when the program ends. It is made to stand still before each of its
# calls in turn (LONG=1; else before those around the segment's beginning and its end): the program ends as ever, and a clean
# end leaves nothing; nor does an exec whose new image ends cleanly.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

guest=$WORKLOADS/guest
export ARENATOP_RULES='' FAULT_STILL=1 FAULT_IN=libarenatop.so
preload="$AGENT $WORKLOADS/faults.so $JEMALLOC"

calls_made() { # N
    [ -e still.log ] && [ "$(wc -l <still.log)" -ge "$1" ]
}

# begin AT WAY...: the program, until its agent has published a snapshot and rests, or stands still.
begin() {
    local at=$1
    shift
    rm -f still.log still.in
    mkfifo still.in
    start still env FAULT_AT="$at" FAULT_LOG="$PWD/still.log" LD_PRELOAD="$preload" \
        ARENATOP_CONF="interval_ms:3600000,peak_ms:0,ring_bytes:1048576,keep:$keep" "$guest" wait "$@"
}

# Told to, it ends; what it has left then is in `left`.
end() {
    echo 1<>still.in
    wait_for "its end" gone "$pid" || return 1
    mapfile -t left < <(segments_of "$pid")
    stop "$pid" && left_on_purpose
}

# In a run where nothing stands still `calls` are made: `first` up to the first snapshot, the rest at the end.
keep=false
begin 0 exit
check "the agent's thread publishes" wait_dump "$pid" still.json
first=$(wc -l <still.log)
check "it ends" end
said=$(cat still.out)
calls=$(wc -l <still.log)
check "it makes many calls" eval '[ "$first" -ge 40 ] && [ "$calls" -gt "$first" ]'
of_all_kinds() {
    local call
    for call in open lstat posix_fallocate mmap linkat pthread_mutex_trylock fstatat unlinkat; do
        grep -qx "$call" still.log || { echo "no $call"; return 1; }
    done
}
check "of all kinds" of_all_kinds

# Where to stand still.
place=$(grep -nx linkat still.log | cut -d: -f1)
mapfile -t places < <([ -n "${LONG:-}" ] && seq "$calls" || seq $((place - 1)) $((place + 6)) && seq $((calls - 5)) "$calls")

# stands_still AT WAY...: as if it did not.
stands_still() {
    begin "$@" && wait_for "the calls before" calls_made $(($1 < first ? $1 : first)) && end &&
        equal "$said" "$(cat still.out)" && equal "$wanted" "$status ${#left[@]}"
}

stands_still_anywhere() { # WAY...
    local at
    for at in "${places[@]}"; do
        stands_still "$at" "$@" || { echo "before call $at, $(sed -n "${at}p" still.log)"; return 1; }
    done
}

wanted="3 0"
check "a thread that stands still, exit: nothing is left" stands_still_anywhere exit
said='' wanted="0 0"
check "a thread that stands still, exec: nothing is left" stands_still_anywhere exec /usr/bin/env -u FAULT_AT /bin/true
echo "# ${#places[@]} places each"

# What is to stay stays; the thread stands in the midst of its last snapshot, and says nothing of the end.
keep=true
begin $((calls - 2)) exit
check "to be kept: the agent's thread publishes" wait_dump "$pid" still.json
echo 1<>still.in
check "to be kept: it ends" wait_for "its end" gone "$pid"
kept() {
    "$ARENATOP" ls --json >ls.json && holds ls.json "[.[] | select(.pid == $pid) | .state] == [\"exited\"]"
}
check "to be kept: its record is that of one that exited" kept
stop "$pid"
left_on_purpose

# A fork while the segment is mapped and has no name yet, and one a good deal later: no child keeps it.
cat >maps.c <<'END'
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
    char line[4096];
    int found = 0;
    if (read(0, line, 1) != 1) return 1;
    pid_t child = fork();
    if (child == 0) {
        FILE *maps = fopen("/proc/self/maps", "r");
        while (fgets(line, sizeof line, maps) != NULL) found += strstr(line, "/dev/shm") != NULL;
        return found;
    }
    waitpid(child, &found, 0);
    printf("%d in the child\n", found >> 8);
    return 3;
}
END
cc -o maps maps.c
keep=false guest=./maps said='0 in the child' wanted='3 0'
begin 0
check "a program that forks: the agent's thread publishes" wait_dump "$pid" still.json
check "a program that forks: it ends" end
check "a program that forks: its child has no segment mapped" equal "$said" "$(cat still.out)"
places=("$(grep -nx linkat still.log | cut -d: -f1)")
check "nor where the segment is about to get its name" stands_still_anywhere

# Threads that fork while the process ends: glibc takes the fork handlers of libraries away then, and aborts where it loses
# two of them during a fork.
cat >forks.c <<'END'
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static void *forks(void *u) {
    (void)u;
    for (;;) {
        pid_t child = fork();
        if (child == 0) _exit(0);
        if (child > 0) waitpid(child, NULL, 0);
    }
}
int main(void) {
    pthread_t thread;
    for (int i = 0; i < 6; i++) pthread_create(&thread, NULL, forks, NULL);
    usleep(3000 + getpid() % 7 * 1000);
    exit(7);
}
END
cc -O1 -o forks forks.c
ends_amid_forks() { # TIMES
    local i
    for ((i = 0; i < $1; i++)); do
        LD_PRELOAD="$AGENT $JEMALLOC" ./forks
        [ $? -eq 7 ] || return 1
    done
}
check "a process ends while its threads fork" ends_amid_forks "$([ -n "${LONG:-}" ] && echo 3000 || echo 300)"
done_testing
