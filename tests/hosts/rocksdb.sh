#!/usr/bin/env bash
# A C++ program on RocksDB, whose background threads are named by the thread that makes them.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/../e2e/lib.sh"
# shellcheck source=tests/hosts/hosts.bash
. "$ROOT/tests/hosts/hosts.bash"

PROGRAM=RocksDB PACKAGE=librocksdb7.8
CLASSES=(main 'fill-*' 'rocksdb:low' 'rocksdb:high')
PASSING='rocksdb::.*|std::function<void\(\)>\(\)'

launch() {
    launch_to_rest "$1" "$BUILD/tests/hosts/rocks" "$PWD/db"
}

work() {
    cat app.out
}

judge() {
    check "its writers are gone, and what they left is theirs" holds books.json \
        '.classes[] | select(.name == "fill-*") | .threads == 0 and .threads_total == 3 and .alloc_bytes > 3 * 30000 * 50'
    check "compaction is the background threads'" holds books.json \
        '.classes[] | select(.name == "rocksdb:low") | .threads > 0 and .alloc_bytes > 1000000'
}

finish() {
    ends_at_a_line
}

host
