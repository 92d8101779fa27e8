#!/usr/bin/env bash
# The life of threads: however many come, and however they end, the program sees what it sees without the agent, the books
# close, and nothing is left of a thread that has gone. (tests/workloads/life.c, stack.c)
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/agent.bash
. "$ROOT/tests/e2e/agent.bash"

export ARENATOP_CONF=interval_ms:50 ARENATOP_RULES=''
export MALLOC_CONF=dirty_decay_ms:0,muzzy_decay_ms:0 # what a thread gives back is not kept, and not counted here
life=$WORKLOADS/life

# ---- what comes and goes ----

# alone WAY COUNT...: what it says without the agent, in alone.out.
alone() {
    local way=$1
    shift
    printf '%s\n' "$@" | LD_PRELOAD=$JEMALLOC timeout 120 "$life" "$way" >alone.out 2>alone.err
}

rounds_done() { # N
    [ "$(wc -l <life.out)" -ge "$1" ] || gone "$pid"
}

anonymous_kb() {
    sed -n 's/^RssAnon:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$pid/status"
}

# after N FILE: the snapshot after round N.
after() {
    wait_for "round $1" rounds_done "$1" && next_dump "$pid" "$2" && anonymous_kb >"$2.kb"
}

# What may stay of threads that are gone: nothing, and a page here and there. Unused pages that came are let: who frees while
# another thread gives back an arena's leaves his to the next, and of thousands at once there may be none.
readonly grown=1024 # KiB
same_size() { # BEFORE AFTER
    # libc keeps a stack more or less for the next thread, with a block of its creator's. What the books may be off by
    # is judged with them.
    local sizes='[(.process | .narenas, .internal), (.classes | map([.name, if .name == "main" then 0 else .live end]))]'
    equal "$(jq -c "$sizes" "$1")" "$(jq -c "$sizes" "$2")" &&
        holds "$2" '$after - ([.classes[].dirty] | add) / 1024 - $before < $grown' --argjson before "$(cat "$1.kb")" --argjson after "$(cat "$2.kb")" \
            --argjson grown "$grown"
}

# What the books may be off by; a way to live may have a reason to be.
most=0
# shellcheck disable=SC2016 # jq's variables
readonly at_rest='(.process | .moved == 0 and .unexplained >= 0 and .unexplained <= $most) and ([.classes[].threads] | add) == 1'

closes() { # FILE
    holds "$1" "$at_rest" --argjson most "$most"
}

counted() { # FILE CLASS THREADS
    holds "$1" '[.classes[] | select(.name == $class) | .threads_total] | add // 0 == ($n | tonumber)' \
        --arg class "$2" --arg n "$3"
}

# rounds NAME WAY CLASS FIRST SECOND [COUNTED]: so many in the first round, so many in the second, all of that class.
rounds() {
    local name=$1 way=$2 class=$3 first=$4 second=$5
    alone "$way" "$first" "$second" || { skip "$name" "$(tail -n 1 alone.out)"; return; }
    rm -f life.in
    mkfifo life.in
    start_watched life "$life" "$way"
    check "$name: it is watched" wait_dump "$pid" before.json
    echo "$first" 1<>life.in
    check "$name: the first $first" after 1 one.json
    check "$name: the books close" closes one.json
    echo "$second" 1<>life.in
    check "$name: $second more" after 2 two.json
    check "$name: the books close again" closes two.json
    check "$name: all were counted" counted two.json "$class" "${6:-$((first + second))}"
    check "$name: nothing grew" same_size one.json two.json
    check "$name: it did what it does without the agent" equal "$(cat alone.out)" "$(cat life.out)"
    check "$name: it ends" stop "$pid"
    check "$name: and nothing was said" equal "" "$(words life.err)"
}

rounds "50,000 in a row" returned 'live_and_return()' 5000 45000
rounds "pthread_exit from deep" left 'live_and_leave()' 300 2000
rounds "cancelled at a cancellation point" cancelled 'live_and_wait()' 300 2000
rounds "cancelled asynchronously" cancelled-anywhere 'live_and_spin()' 40 80
rounds "cancelled before it ran" cancelled-early 'be_too_late()' 300 2000
rounds "detached" let-go 'live_and_return()' 300 2000
rounds "C11's" c11 'live_c11()' 300 2000
rounds "not to be had" refused 'live_and_return()' 300 50000 0
rounds "raw clone" raw 'live_raw()' 300 2000 0
rounds "5,000 at once" at-once 'meet()' 5000 5000

# The timers' threads are libc's, and so is the one that makes them: what that has allocated nobody sees.
most=1024
rounds "SIGEV_THREAD" timer 'tick()' 300 2000
check "SIGEV_THREAD: no other class has its threads" counted two.json '(unbound)' 0

# ---- stack ----

# deepest FILE: of all that jemalloc and libc, or these and the agent, did.
deepest() {
    awk '$NF > most { most = $NF } END { print most }' "$1"
}

# No thread that has room for malloc's own ways needs more because of us; in a UTF-8 locale and with patterns to match, too.
small_enough() {
    local alone with
    alone=$(deepest alone.out) with=$(deepest with.out)
    echo "# deepest: $alone bytes alone, $with with the agent"
    [ "$with" -le $((alone + 512)) ] || { cat alone.out with.out; return 1; }
}

export LD_BIND_NOW=1 # else the loader's own stack is what is measured
LD_PRELOAD=$JEMALLOC "$WORKLOADS/stack" >alone.out
for rules in '' 'a name=[a-q]*; b start=b* lib=c*; c from=[!x]?*'; do
    ARENATOP_RULES=$rules LD_PRELOAD="$AGENT $JEMALLOC" "$WORKLOADS/stack" >with.out
    check "it takes no more stack than malloc does${rules:+, with rules}" small_enough
done
done_testing
