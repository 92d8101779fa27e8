# selftests.bash: what a program's own tests, as Debian packages them, need here: to run alone and under the agent, side by
# side, and to have the same results. Sourced after lib.sh.
#
# A script defines
#
#   suite START NAME ARGUMENT...   starts the tests with `$START NAME COMMAND...`
#   results NAME                   prints what became of each of them, from what they have written
#
# shellcheck shell=bash disable=SC2034,SC2154 # TMP, pid, status are lib.sh's

seen=$TMP/seen.json

both_ended() {
    dump "$watched" "$seen" 2>/dev/null || : # proof that it was watched, if it lives long enough
    gone "$alone" && gone "$watched"
}

run_both() { # ARGUMENT...
    local alone watched
    suite start alone "$@"
    alone=$pid
    suite start_watched watched "$@"
    watched=$pid
    WAIT_S=200 wait_for "the end of both" both_ended
    stop "$alone"
    { echo "status $status"; results alone; } >alone.results
    stop "$watched"
    { echo "status $status"; results watched; } >watched.results
}

# same_results ARGUMENT...: some tests measure time, and fail now and then on a busy machine, whoever is there: what differs is
# done again, alone and under the agent. What the agent breaks stays broken.
same_results() {
    local try
    for try in 1 2 3; do
        run_both "$@"
        diff alone.results watched.results >differences && [ "$(wc -l <alone.results)" -gt 1 ] && return
        echo "try $try:"
        head -n 20 differences watched.results
    done
    return 1
}

was_watched() {
    check "some of it was seen, in exact mode" holds "$seen" '.agent.mode == "exact" and .process.allocated > 0'
}
