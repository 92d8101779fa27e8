#!/usr/bin/env bash
# Python with PYTHONMALLOC=malloc, so that every object is a block of malloc's; its threads have no names.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/../e2e/lib.sh"
# shellcheck source=tests/hosts/hosts.bash
. "$ROOT/tests/hosts/hosts.bash"

PROGRAM=python3 PACKAGE=python3.11-minimal
CLASSES=(main '[python3+…]')
export PYTHONMALLOC=malloc

launch() {
    launch_to_rest "$1" /usr/bin/python3 "$ROOT/tests/hosts/threads.py"
}

work() {
    cat app.out
}

judge() {
    check "seven threads have come and gone" holds books.json \
        '.classes[] | select(.name | startswith("[python3+")) | .threads == 0 and .threads_total == 7'
    check "what they made is theirs still, and main's to free" holds books.json \
        '.classes[] | select(.name | startswith("[python3+")) | .live > 1000 * 100'
}

finish() {
    ends_at_a_line
}

host
