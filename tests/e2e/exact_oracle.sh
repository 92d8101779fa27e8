#!/usr/bin/env bash
# Programs that know the truth about themselves (tests/workloads/oracle.h), and what the agent says of them: live, bytes
# and counts of every class and of every cell of the matrix, to the byte. Only what the C library allocates for each new
# stack (the vector of its TLS blocks) comes on top, on its creator's account; the oracle finds it, and it is said below.
# time limit: 900 s
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/exact.bash
. "$ROOT/tests/e2e/exact.bash"

export ARENATOP_CONF ARENATOP_RULES=
unoptimised=$TMP/O0/tests
make -s -C "$ROOT" BUILD="$TMP/O0" FORTIFY= CFLAGS='-O0 -g' CXXFLAGS='-O0 -g' \
    "$unoptimised/oracle-c" "$unoptimised/oracle-cc" >make.out 2>&1 || bail "cannot build: $(tail -n 3 make.out)"

# What the C library allocated on the threads' behalf, in words.
say_library() {
    books_of "$1" | jq -r '.library[] | select(.count > 0)
        | "# of the C library: \(.class) \(.bytes) bytes in \(.count) vectors of TLS blocks"'
}

# Every class takes from and gives to every other: an oracle that did nothing would agree too.
is_busy() { # BOOKS
    books_of "$1" >"$1.json"
    holds "$1.json" '([.classes[] | select(.name | startswith("ora-")) | .live] | add) > 1000000
        and ([.flows[] | select(.count > 500)] | length) >= 25
        and ([.flows[].count, .classes[].alloc_count] | add) > 1000000'
}

# compare NAME PID BOOKS [BASE]
compare() {
    local name=$1
    check "$name: a snapshot taken at rest" next_dump "$2" snap.json || return
    check "$name: live, bytes and counts are the oracle's" agrees snap.json "$3" "${4:-}"
    check "$name: the books close" holds snap.json "$closes"
    say_library "$3"
}

# oracle NAME PROGRAM OPTION...: runs it and compares. Its child, too, when it forks.
oracle() {
    local name=$1 program=$2 child
    shift 2
    rm -f o.in child.out
    mkfifo o.in
    start_watched o "$program" --wait "$@"
    check "$name: a snapshot before it begins" next_dump "$pid" base.json
    echo >o.in
    if check "$name: it comes to rest" wait_for "the oracle's books" printed o.out 2; then
        check "$name: it did a lot" is_busy o.out
        compare "$name" "$pid" o.out base.json
        [[ "$*" != *--fork* ]] || oracle_child "$name, the fork's child"
    fi
    check "$name: it ends as it would alone" ends_well "$pid"
}

oracle_child() {
    wait_for "the child's books" printed child.out 2 || return
    child=$(jq -s '.[0].pid' child.out)
    # The child's main thread has what the parent's had, the makers and the noise are not in it.
    jq -c 'del(.classes[]? | select(.name | IN("ora-noise", "ora-maker")))' child.out >known.out
    compare "$1" "$child" known.out base.json
}

ends_well() {
    stop "$1" && equal 0 "$status" && equal "" "$(cat o.err)"
}

c=$WORKLOADS/oracle-c cc=$WORKLOADS/oracle-cc
ARENATOP_CONF=interval_ms:100
oracle "C" "$c" --seed 1
oracle "C++" "$cc" --seed 2
oracle "C, threads that come and go" "$c" --seed 3 --makers 2
oracle "C++, threads that come and go and leave" "$cc" --seed 4 --makers 2 --leave
ARENATOP_CONF=interval_ms:100,arenas_per_class:1
oracle "C, one arena a class" "$c" --seed 5 --makers 1
oracle "C++, not optimised, one arena a class" "$unoptimised/oracle-cc" --seed 6
ARENATOP_CONF=interval_ms:100,arenas_per_class:8
oracle "C++, 8 arenas a class" "$cc" --seed 7 --threads 8 --ops 40000
oracle "C, not optimised, 8 arenas a class" "$unoptimised/oracle-c" --seed 8 --threads 8 --ops 40000 --makers 1
ARENATOP_CONF=interval_ms:100
oracle "C, across a fork" "$c" --seed 9 --makers 1 --fork child.out
oracle "C++, across a fork" "$cc" --seed 10 --makers 2 --leave --fork child.out
done_testing
