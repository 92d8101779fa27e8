# exact.bash: what the tests of exact attribution have in common. Sourced after lib.sh.
# shellcheck shell=bash disable=SC2154 # TMP, ROOT, pid are lib.sh's

# What must hold of every snapshot taken at rest: the contract's two equations.
# shellcheck disable=SC2016 # jq's variables
readonly closes='
    .process as $p | .process.moved == 0 and $p.unexplained == 0 and .agent.mode == "exact"
    and $p.allocated == ([.classes[].live] | add) + $p.internal + $p.tcached + $p.stranded
    and (. as $s | all(.classes[]; . as $c
        | .alloc_bytes - .released_bytes == .live and .cached >= 0
          and .released_bytes == ([$s.flows[] | select(.owner == $c.name) | .bytes] | add // 0)))'

# printed FILE [LINES]: the program has printed its books.
printed() {
    [ "$(wc -l <"$1")" -ge "${2:-1}" ]
}

# books_of FILE: the program's books and what goes with them, its lines, as one object.
books_of() {
    jq -cs add "$1"
}

# agrees SNAPSHOT BOOKS [BASE]: to the byte.
agrees() {
    local said
    said=$(jq -c --slurpfile books <(books_of "$2") --slurpfile base "${3:-/dev/null}" \
        -f <(echo "\$books[0] as \$books | \$base[0] as \$base |"; cat "$ROOT/tests/e2e/books.jq") "$1") || return 1
    [ -z "$said" ] || { printf '%s\n' "$said" | head -n 40; return 1; }
}

# What the C library allocated on the threads' behalf, in words.
say_library() {
    books_of "$1" | jq -r '.library[] | select(.count > 0)
        | "# of the C library: \(.class) \(.bytes) bytes in \(.count) vectors of TLS blocks"'
}

# Every class takes from and gives to every other: an oracle that did nothing would agree too.
is_busy() { # BOOKS
    books_of "$1" >"$1.json"
    # What is left at the end, and how often main and the noise get their turn, is a matter of chance; what went through is
    # not.
    holds "$1.json" '([.classes[] | select(.name | test("^ora-[a-d]_")) | .alloc_bytes] | min) > 10000000
        and ([.flows[] | select(.count > 100 and ([.owner, .freed_by] | all(test("^ora-[a-d]_"))))] | length) == 16
        and ([.classes[] | select(.name | test("^(ora-[a-d]_|main$)")) | .alloc_count] | add) > 300000'
}

# What a snapshot at rest must fulfil beside the cells; a test may ask for less, and say why.
rest=$closes

# compare NAME PID BOOKS [BASE]
compare() {
    local name=$1
    check "$name: a snapshot taken at rest" next_dump "$2" snap.json || return
    check "$name: live, bytes and counts are the oracle's" agrees snap.json "$3" "${4:-}"
    check "$name: the books close" holds snap.json "$rest"
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
    echo 1<>o.in
    if check "$name: it comes to rest" rested o.out 2; then
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
    stop "$1" && equal 0 "$status" && equal "" "$(words o.err)"
}

# run_case NAME PROGRAM CASE: a program of case.h under the agent, up to its rest: base.json, snap.json, c.out, pid.
run_case() {
    local name=$1
    rm -f c.in
    mkfifo c.in
    start_watched c "$2" "$3"
    check "$name: a snapshot before it begins" next_dump "$pid" base.json
    echo 1<>c.in
    check "$name: it comes to rest" rested c.out && next_dump "$pid" snap.json
}

# rested FILE [LINES]: waits for the books of the newest program; in vain, when it ends before.
rested() {
    wait_for "its books" ended_or_printed "$@" && printed "$@" || { cat ./*.err; return 1; }
}

ended_or_printed() {
    printed "$@" || gone "$pid"
}

# end_case NAME
end_case() {
    echo q 1<>c.in
    check "$1: it ends as it would alone" case_ended
}

case_ended() {
    wait_for "its end" gone "$pid" && stop "$pid" && equal 0 "$status" && equal "${said:-}" "$(words c.err)"
}

# exact_case NAME PROGRAM CASE: its books are the agent's.
exact_case() {
    if run_case "$@"; then
        check "$1: live, bytes and counts are the program's" agrees snap.json c.out base.json
        check "$1: the books close" holds snap.json "$rest"
    fi
    end_case "$1"
}
