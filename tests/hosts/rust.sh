#!/usr/bin/env bash
# Rust's standard library: threads that it names, and one that it does not.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/../e2e/lib.sh"
# shellcheck source=tests/hosts/hosts.bash
. "$ROOT/tests/hosts/hosts.bash"

PROGRAM="Rust's std" PACKAGE=rustc
CLASSES=(main 'produce-*' 'std::sys::unix::thread::Thread::new::thread_start()')

# Debian's, whose version is what is said.
/usr/bin/rustc -O -o "$TMP/threads" "$ROOT/tests/hosts/threads.rs" || bail "threads.rs: not built"

launch() {
    launch_to_rest "$1" "$TMP/threads"
}

work() {
    cat app.out
}

judge() {
    check "what the producers made, the consumer freed" holds books.json \
        '[.flows[] | select(.owner == "produce-*" and .freed_by != "produce-*" and .count > 3 * 19000)] | length == 1'
}

finish() {
    ends_at_a_line
}

host
