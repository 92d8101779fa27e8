#!/usr/bin/env bash
# Every call of the agent's that can fail is made to fail: of the C library, and every name of jemalloc's control interface.
# The program says and does what it does alone, each time; what it loses is said. LONG=1 tries each call in more ways,
# or those of FAULTS_AT.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

readonly at_once=4
busy=$WORKLOADS/busy
preload="$AGENT $WORKLOADS/faults.so $WORKLOADS/faulty-jemalloc.so"
alone_out=$(LD_PRELOAD=$JEMALLOC "$busy" 50)
alone_status=$?
check "alone it does what it should" equal "7 0 wrong, errno 0" "$alone_status $alone_out"

# What a run leaves in /dev/shm: its own segment, read before it is removed. Agents keep but a few of their command, its
# forked children's too: one that comes between has taken it away.
collect() { # NAME
    local segment segments
    mapfile -t segments < <(segments_of "$(cat "$1.pid")")
    for segment in "${segments[@]}"; do
        "$ARENATOP" dump "$segment" -f json -o "$1.json" 2>"$1.dump" || [ ! -e "$segment" ] || echo >"$1.unreadable"
        rm -f "$segment"
    done
}

# run_one NAME [VARIABLE=VALUE...]: the program under the agent and these faults. All about it is in NAME.*.
run_one() {
    local name=$1
    shift
    # shellcheck disable=SC2016 # for the shell that becomes the program
    env "$@" FAULT_LOG="$PWD/$name.log" FAULT_IN=libarenatop.so \
        ARENATOP_CONF=interval_ms:10,peak_ms:2,ring_bytes:1048576,keep:true \
        timeout -k 5 60 sh -c 'echo $$ >"$0.pid"; LD_PRELOAD=$1 exec "$2" 250' "$name" "$preload" "$busy" \
        >"$name.out" 2>"$name.err" </dev/null
    echo $? >"$name.status"
    collect "$name"
}

# In a run without faults every call that there is to fail is made: they prove that they are met.
run_one sound
sort -u sound.log >calls
kinds() { grep -c "$1" calls; }
check "without faults it is the same" equal "$alone_status $alone_out" "$(cat sound.status) $(cat sound.out)"
check "its books close" holds sound.json '.agent.mode == "exact" and (.process | .unexplained == 0 or .moved > 0)'
check "many calls of libc are met" [ "$(kinds '^[a-z0-9_]*$')" -ge 20 ]
check "many names of jemalloc are met" [ "$(kinds '^call ')" -ge 40 ]
check "and looked up" [ "$(kinds '^nametomib ')" -ge 40 ]

# honest NAME: a record that can be read, in which what does not close is said.
honest() {
    [ ! -e "$1.unreadable" ] || { cat "$1.dump"; return 1; }
    [ ! -e "$1.json" ] || holds "$1.json" '.schema == "arenatop/1" and
        ([.classes[].live] | all(. >= 0)) and (.classes | length > 0)'
}

# unharmed NAME: as alone; on stderr nothing but messages.
unharmed() {
    equal "$alone_status $alone_out" "$(cat "$1.status") $(cat "$1.out")" &&
        equal "" "$(grep -v '^arenatop: ' "$1.err")" &&
        { [ -s "$1.log" ] || { echo "the fault was never met"; return 1; }; } && honest "$1"
}

# what happens to be said when a call fails for good; others are no loss that a person would notice
said() { # NAME
    case $1 in
    call-thread.arena-*) echo 'a thread could not be bound to arena' ;;
    call-arenas.create-*) echo 'no further arena could be made: jemalloc says' ;;
    pthread_create-*) echo "the agent's thread could not be made; this process runs on and cannot be watched" ;;
    pthread_setspecific-*) echo "a thread cannot be watched" ;;
    posix_fallocate-*) echo 'no segment in /dev/shm: No space left on device' ;;
    esac
}

# ---- the cases: NAME and what sets it up ----

declare -A errors=([mmap]=12 [open]=24 [openat]=24 [posix_fallocate]=28 [pthread_create]=11 [pthread_setspecific]=12
    [pthread_attr_init]=12 [pthread_key_create]=11 [pthread_mutexattr_init]=12 [write]=32 [linkat]=28 [unlink]=13)
cases=()
add_case() { # NAME VARIABLES
    cases+=("$*")
}
add_cases() {
    local call stage name at
    while read -r stage name; do
        for at in "$@"; do
            if [ -n "$name" ]; then
                add_case "$stage-$name-$at FAULT_CALL=none FAULT_STAGE=$stage FAULT_MALLCTL=$name FAULT_AT=$at"
            else
                call=$stage
                add_case "$call-$at FAULT_CALL=$call FAULT_MALLCTL=none FAULT_AT=$at FAULT_ERRNO=${errors[$call]:-5}"
            fi
        done
    done <calls
}
add_cases 1+
if [ -n "${LONG:-}" ]; then
    # shellcheck disable=SC2086 # words
    add_cases ${FAULTS_AT:-1 2 3 5 9 2+ 4+}
fi

failures=0 met=0 cases_met=0
for one in "${cases[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do
        wait -n
    done
    # shellcheck disable=SC2086 # a name and variables
    run_one $one &
done
wait
# What a call is made for may not have come up, by the order in which threads ran: once more, with the machine to itself.
for one in "${cases[@]}"; do
    # shellcheck disable=SC2086 # a name and variables
    [[ ${one%% *} != *-1+ ]] || [ -s "${one%% *}.log" ] || run_one $one
done
judge() {
    local one name
    for one in "${cases[@]}"; do
        name=${one%% *}
        [ ! -s "$name.log" ] || met=$((met + $(wc -l <"$name.log")))
        # A second or third call is not always made.
        [ -s "$name.log" ] || [[ $name == *-1+ ]] || continue
        cases_met=$((cases_met + 1))
        unharmed "$name" && { [[ $name != *-1+ ]] || [ -z "$(said "$name")" ] || matches "$(said "$name")" "$(cat "$name.err")"; } && continue
        echo "with $one:"
        head -n 5 "$name.out" "$name.err"
        failures=$((failures + 1))
    done
    [ "$failures" -eq 0 ]
}
check "no fault harms the program, and what is lost is said" judge
recorded() { find . -name '*.json' | wc -l; }
check "records are left and were read" [ "$(recorded)" -ge 50 ]
echo "# $cases_met cases, $met faults"
done_testing
