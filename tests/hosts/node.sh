#!/usr/bin/env bash
# node: workers, libuv's thread pool, V8's own threads; its heap is not malloc's, and its address space is crowded.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/../e2e/lib.sh"
# shellcheck source=tests/hosts/hosts.bash
. "$ROOT/tests/hosts/hosts.bash"

PROGRAM=node PACKAGE=nodejs
CLASSES=(main)
PASSING='worker\(\)|\[libuv.*|libuv.*|node::.*|.*Worker.*|DelayedTask.*|SignalInspector'

launch() {
    launch_to_rest "$1" node "$ROOT/tests/hosts/work.js"
}

work() {
    cat app.out
}

judge() {
    check "libuv's pool is a class, of four threads" holds books.json \
        '[.classes[] | select(.name | test("worker\\(\\)|libuv")) | .threads] | add == 4'
}

finish() {
    ends_at_a_line
}

host
