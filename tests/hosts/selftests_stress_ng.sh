#!/usr/bin/env bash
# stress-ng's stressors of threads, processes and memory, each of which verifies its own work; so many operations, not seconds.
# Left out is what jemalloc alone makes another program of: --brk moves the break that libc's malloc lives on.
# time limit: 1500 s
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/../e2e/lib.sh"
# shellcheck source=tests/hosts/selftests.bash
. "$ROOT/tests/hosts/selftests.bash"

suite() {
    mkdir -p "$2.d"
    "$1" "$2" stress-ng --verify --no-rand-seed --log-brief --metrics-brief --temp-path "$PWD/$2.d" "${@:3}"
}

# The operations of each, and whatever went wrong.
results() {
    cat "$1.out" "$1.err" | awk '/fail|error|Error|arenatop/ { print }
        $2 ~ /^[0-9]+$/ && $3 ~ /^[0-9]+[.][0-9]+$/ && $4 ~ /^[0-9]+[.][0-9]+$/ { print $1, $2 }'
}

while read -r name instances operations options; do
    # shellcheck disable=SC2086 # options are words
    check "$name: the same results" same_results "--$name" "$instances" "--$name-ops" "$operations" $options
    check "$name: all of it was done" matches "^$name $operations\$" "$(cat watched.results)"
    check "$name: and ended well" matches '^status 0$' "$(cat watched.results)"
done <<'END'
pthread 4 2000
malloc 2 100000 --malloc-pthreads 2
fork 2 400
vfork 2 400
clone 1 300
daemon 1 100
zombie 1 200
kill 1 1000
sigsegv 1 500
sigabrt 1 50
mmap 1 20 --mmap-bytes 16m
vm 1 2000 --vm-bytes 32m
bigheap 1 100 --bigheap-growth 64k
remap 1 20
qsort 1 3
hsearch 1 10
END
was_watched
done_testing
