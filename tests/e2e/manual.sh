#!/usr/bin/env bash
# The manual page is what the tables and its text make of it today, and a page that man can show.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

page=$ROOT/viewer/arenatop.1

check "it can be made" house_make "$BUILD/manual/arenatop.1"
check "viewer/arenatop.1 is not stale (make manual)" cmp "$page" "$BUILD/manual/arenatop.1"

has() { # TEXT...: each in a line of its own
    local text
    for text; do
        grep -qF -- "$text" "$page" || { echo "no $text"; return 1; }
    done
}

# What the program's own help names, the manual names too.
mapfile -t commands < <("$ARENATOP" --help | sed -nE 's/^  ([a-z]+) +[A-Z].*/.SS arenatop \1 /p')
check "the help names commands" test "${#commands[@]}" -ge 5
check "all of them are in it" has "${commands[@]}"
check "so are the exit codes" has '3|no such process, or not under the agent'
check "keys" has '.SH KEYS' 'Shows who frees whose memory.'
check "and columns" has '.SS Columns of arenas' 'Highest live over the last 60 snapshots'
check "no placeholder is left" bash -c '! grep -n "^@\|@VERSION@" "$0"' "$page"

if command -v groff >/dev/null; then
    check "groff has nothing to complain of" equal "" "$(groff -t -man -ww -Tutf8 -z "$page" 2>&1)"
else
    skip "groff has nothing to complain of" "no groff here"
fi

done_testing
