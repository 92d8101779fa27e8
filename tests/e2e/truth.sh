#!/usr/bin/env bash
# What a snapshot at rest says of each class and each cell of the matrix is what the program knows of itself, to the byte.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

# Both sides cut down to what the program knows, in the same order.
picture() { # FILE
    jq -S '{classes: [.classes[] | select(.name | test("^(own|A|B)-")) | {name, live, alloc_bytes, released_bytes}] | sort,
            flows: [.flows[] | select(.owner | test("^(own|A|B)-"))] | sort}' "$1"
}

# same_as_program OUT DUMP
same_as_program() {
    diff <(picture "$1") <(picture "$2")
}

# The lines of the contract that hold for every snapshot of an exact process at rest.
books_close() { # DUMP
    holds "$1" '.process.unexplained == 0' &&
        holds "$1" '([.classes[].live] | add) == (.process | .allocated - .internal - .tcached - .stranded)' &&
        holds "$1" 'all(.classes[]; .cached >= 0)' &&
        holds "$1" '. as $all | all(.classes[]; .name as $owner |
            .released_bytes == ([$all.flows[] | select(.owner == $owner) | .bytes] | add // 0))'
}

# compare NAME COMMAND...
compare() {
    local name=$1
    shift
    ARENATOP_CONF=interval_ms:50${ARENATOP_CONF:+,$ARENATOP_CONF} start_watched "$name" "$@"
    check "$name: is at rest" wait_for "its books" grep -q '^{' "$name.out"
    check "$name: is published" next_dump "$pid" "$name.json"
    check "$name: is exact" holds "$name.json" '.agent.mode == "exact" and all(.classes[]; .mode == "exact")'
    check "$name: live, allocated, released and flows to the byte" same_as_program "$name.out" "$name.json"
    check "$name: the books close" books_close "$name.json"
    check "$name: ends" stop "$pid"
    check "$name: with its own status" equal 0 "$status"
}

compare leak2 "$WORKLOADS/leak2"
check "leak2: which is 12,500 KiB each" holds leak2.json \
    '[.classes[] | select(.name | test("^[AB]-")) | .live] == [12800000, 12800000]'
compare alive "$WORKLOADS/truth"
check "alive: its threads are counted" holds alive.json \
    'all(.classes[] | select(.name | startswith("own-")); .threads == 4 and .threads_total == 4)'
compare gone "$WORKLOADS/truth" --leave --classes 5 --threads 8
check "gone: its threads have left, their books have not" holds gone.json \
    'all(.classes[] | select(.name | startswith("own-")); .threads == 0 and .threads_total == 8)'
compare many "$WORKLOADS/truth" --classes 16 --threads 3 --rounds 1
ARENATOP_CONF=arenas_per_class:1 compare narrow "$WORKLOADS/truth" --rounds 6
check "narrow: each class has one arena" holds narrow.json 'all(.classes[] | select(.name | startswith("own-")); .arenas == 1)'
done_testing
