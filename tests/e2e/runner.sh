#!/usr/bin/env bash
# tests/run counts what passes, and takes nothing that fails for a pass; so does tests/lanes with several lists.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

# tap NAME: reads the body of a test.
tap() {
    { echo '#!/bin/bash'; cat; } >"$1"
    chmod +x "$1"
}

run() { # [NAME=VALUE] TEST...: sets nothing; see $TMP/out
    local one arguments=()
    for one; do
        [[ $one == *=* ]] || one=./$one
        arguments+=("$one")
    done
    "$ROOT/tests/run" ${arguments[@]+"${arguments[@]}"} >"$TMP/out" 2>&1
}

# gives STATUS LAST_LINE TEST...
gives() {
    local wanted=$1 line=$2 got
    shift 2
    run "$@"
    got=$?
    equal "$line" "$(tail -n 1 out)" && equal "$wanted" "$got" || { cat out; return 1; }
}

tap good <<<'echo "ok 1 - a"; echo "ok 2 - b"; echo 1..2'
tap bad <<<'echo "ok 1 - a"; echo "not ok 2 - b"; echo "# because"; echo 1..2; exit 1'
tap left_out <<<'echo "ok 1 - a"; echo "ok 2 - b # SKIP no reason"; echo "not ok 3 # SKIP c"; echo 1..3'
tap early <<<'echo "ok 1 - a"; exit 0'
tap short <<<'echo 1..3; echo "ok 1 - a"'
tap status <<<'echo "ok 1 - a"; echo 1..1; exit 3'
tap signal <<<'echo "ok 1 - a"; echo 1..1; kill -SEGV $$'
tap nothing <<<'echo 1..0'
hangs="/bin/sleep 10$$"
tap slow <<<$'# time limit: 1 s\necho "ok 1 - a"; '"$hangs; echo 1..1"
tap sees <<<'echo "ok 1 - [${SANITIZE:-}]"; echo 1..1'
tap under <<<'echo "$@" >>under.log; exec "$@"'
tap reads <<<'read -r line; echo "ok 1 - [$line]"; echo 1..1'

check "counts passes" gives 0 "2 passed, 0 failed" good
check "counts failures" gives 1 "1 passed, 1 failed" bad
check "shows what failed" matches 'because' "$(cat out)"
check "counts skips, cmocka's too" gives 0 "1 passed, 0 failed, 2 skipped" left_out
check "says why one was skipped" matches 'no reason' "$(cat out)"
check "adds up" gives 1 "4 passed, 1 failed, 2 skipped" good bad left_out
check "a test without its plan has failed" gives 1 "1 passed, 1 failed" early
check "one with fewer results than planned has failed" gives 1 "1 passed, 1 failed" short
check "one that ends with a status has failed" gives 1 "1 passed, 1 failed" status
check "one that a signal ends has failed" gives 1 "1 passed, 1 failed" signal
check "one that tests nothing has failed" gives 1 "0 passed, 1 failed" nothing
# However long it takes to begin, its limit is over when it hangs: what the runner counts the time with waits for that.
mkdir counted
tap counted/sleep <<<"until pgrep -r S -f '^$hangs\$'; do /bin/sleep 0.05; done >/dev/null"
PATH=$TMP/counted:$PATH check "one that hangs is stopped and has failed" gives 1 "1 passed, 1 failed" slow
check "what it stood with is shown" matches "^ +\| .* S.* $hangs\$" "$(cat out)"
check "and why it was stopped" matches 'slow was stopped after 1 s$' "$(cat out)"
# A test that is over at once: what waits for its limit is killed before it is anything but the runner's child.
over_at_once() {
    local i tests=()
    for ((i = 0; i < 200; i++)); do
        tests+=(good)
    done
    gives 0 "400 passed, 0 failed" "${tests[@]}"
}
check "a test is over before its limit is watched" over_at_once
check "no test at all is a failure" gives 1 "0 passed, 0 failed"
check "a test that is not there is a failure" gives 1 "0 passed, 1 failed" absent
says_begin() {
    LONG=1 run good
    matches '^begin +./good +at [0-9:]+, for 9000 s at most$' "$(cat out)"
}
check "in a long run it is said what begins" says_begin
check "a test has no stdin" gives 0 "1 passed, 0 failed" reads
SANITIZE=none TEST_VERBOSE=1 run sees SANITIZE=x sees SANITIZE= sees
check "what is set holds for the tests behind it" equal "[none] [x] []" "$(sed -n 's/^.*ok 1 - //p' out | xargs)"
check "a test is run under a command" gives 0 "6 passed, 0 failed" good TEST_UNDER=./under good TEST_UNDER= good
check "that one alone" equal ./good "$(cat under.log)"

# lanes STATUS LAST_LINE LIST...: each a line of tests.
lanes() {
    local wanted=$1 line=$2 arguments=() list one got
    shift 2
    for list; do
        for one in $list; do
            [[ $one == *=* ]] || one=$TMP/$one
            arguments+=("$one")
        done
        arguments+=(--)
    done
    unset 'arguments[-1]'
    (cd "$ROOT" && SUMMARY=$TMP/summary tests/lanes "${arguments[@]}") >out 2>&1
    got=$?
    equal "$line" "$(tail -n 1 out)" && equal "$line" "$(cat summary)" && equal "$wanted" "$got" || { cat out; return 1; }
}

tap waits <<<'echo 1..1; exec sleep 60'
# Its runner is killed, which may be the first process of its namespace: from outside.
killed() {
    local list
    lanes 1 "2 passed, 1 failed" "good waits" "good" &
    list=$!
    wait_for "its second test" pgrep -f "^timeout .*$TMP/waits"
    pkill -KILL -f "tests/run $TMP/good $TMP/waits"
    wait "$list"
}
check "several lists are one count" lanes 0 "8 passed, 0 failed" "good good" good good
check "failures and skips of each are in it" lanes 1 "7 passed, 2 failed, 2 skipped" "good bad" "left_out" "good SANITIZE=x early"
check "each list shows what failed" matches 'because' "$(cat out)"
check "a list of nothing but failures" lanes 1 "0 passed, 2 failed" "nothing" "nothing"
check "a list that is ended has failed" killed
check "no test at all is a failure of lists" lanes 1 "0 passed, 0 failed" "" ""
SANITIZE=none TEST_VERBOSE=1 lanes 0 "2 passed, 0 failed" "SANITIZE=x sees" "sees"
check "what is set holds for its own list" equal "[none] [x]" "$(sed -n 's/^.*ok 1 - //p' out | sort | xargs)"
if unshare --pid --fork true 2>/dev/null && [ "$(nproc)" -gt 1 ]; then
    tap looks <<<'echo "ok 1 - [$(basename /dev/shm/lanes.*)]"; echo 1..1'
    touch "/dev/shm/lanes.$$"
    TEST_VERBOSE=1 lanes 0 "2 passed, 0 failed" "looks" "looks"
    rm "/dev/shm/lanes.$$"
    check "each has a /dev/shm of its own" equal "[lanes.*] [lanes.*]" \
        "$(sed -n 's/^.*ok 1 - //p' out | LC_ALL=C sort | xargs)"
else
    skip "each has a /dev/shm of its own" "needs namespaces"
fi
done_testing
