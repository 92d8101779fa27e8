#!/usr/bin/env bash
# make demo, without a terminal and in one: it shows the demo server and leaves nothing behind.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

demo=(make -s -C "$ROOT" BUILD="$BUILD" SANITIZE="${SANITIZE:-}" demo)
classes='main|acceptor-\*|worker_\*|Cache Evict#\*|flusher|audit-log'

# The demo server of this house, not somebody else's.
server_pid() {
    pgrep -f "^$WORKLOADS/demo-server\$"
}

server_gone() {
    ! server_pid
}

all_classes() { # TEXT
    equal 6 "$(grep -oE "$classes" <<<"$1" | sort -u | wc -l)"
}

screen_has_all() {
    all_classes "$(screen)"
}

server_gone || bail "a demo server of this house runs already"

check "without a terminal it ends with 0" exits 0 "${demo[@]}"
check "after three frames" equal 3 "$(grep -c '^arenatop' out)"
check "which show every class" all_classes "$(cat out)"
check "the server is gone" server_gone

open_terminal 120x40 "${demo[@]}"
check "in a terminal it shows the view" wait_screen 'worker_\*'
server=$(server_pid)
check "with every class" wait_for "all classes" screen_has_all
keys q
check "q ends it" wait_for "its end" left_terminal
check "with 0" left_terminal 0
check "the server is gone after q" server_gone
check "and its segment" equal "" "$(segments_of "$server")"
close_terminal

open_terminal 120x40 "${demo[@]}"
check "it shows the view again" wait_screen 'worker_\*'
server=$(server_pid)
keys C-c
check "Ctrl-C ends it" wait_for "its end" left_terminal
check "the server is gone after Ctrl-C" server_gone
check "and its segment after Ctrl-C" equal "" "$(segments_of "$server")"
close_terminal
done_testing
