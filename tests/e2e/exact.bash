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
