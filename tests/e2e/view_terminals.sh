#!/usr/bin/env bash
# Terminals: which are refused, what the others get, and that each is left as it was found, whatever way the view ends.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/view.bash
. "$ROOT/tests/e2e/view.bash"

segment redis

# ---- refused ----

check "stdin that is no terminal" exits 1 "$ARENATOP" ./redis
check "is one line, with what to do" one_error 'standard input: not a terminal; use -b'

# refused TERM REGEX: in a terminal with that TERM it ends at once, with one line. (tmux says below it that it has ended,
# and scrolls: the line must not be the first.)
refused() {
    close_terminal
    open_terminal 80x24 bash -c 'printf "\n\n\n"; TERM=$1 exec "$0" ./redis' "$ARENATOP" "$1"
    wait_screen "$2" && wait_for "the end" left_terminal 1 && equal 1 "$(screen | grep -c '^arenatop: ')"
}
check "TERM=dumb" refused dumb '^arenatop: TERM=dumb: cannot place a cursor; use -b for plain text'
check "an unknown TERM" refused no-such-term '^arenatop: TERM=no-such-term: unknown to terminfo; use -b'
check "no TERM" refused '' '^arenatop: TERM: not set; use -b'

only_stdout_is_none() {
    close_terminal
    open_terminal 80x24 bash -c 'printf "\n\n\n"; "$0" ./redis | cat; exit "${PIPESTATUS[0]}"' "$ARENATOP"
    wait_screen 'standard output: not a terminal' && wait_for "the end" left_terminal 1
}
check "stdout that is no terminal" only_stdout_is_none

# ---- the others ----

for term in vt100 linux xterm xterm-256color screen tmux-256color; do
    TERM_INSIDE=$term open_view 80x24 ./redis
    check "TERM=$term shows the classes" wait_screen '^. main +140\.0M'
    shows_after "TERM=$term takes arrow keys" '^. bio_lazy_free .*bio_lazy|^[>▸].bio_lazy_free' Down
done

LOCALE=C open_view 80x24 ./redis
keys -l 'é'
shows_after "what is no character there is passed over" '^> bio_lazy_free' Down

# Whatever TERM says, as under PuTTY, whose TERM is xterm.
TERM_INSIDE=xterm-256color open_view 80x24 ./redis
press '\' b i o Enter
wait_screen '^filter: bio'
keys -l $'\e[1~'
check "another Home than the terminal is said to have" wait_screen '◀'
check "is no Escape" wait_screen '^filter: bio'
keys -l $'\e[4~'
check "another End" wait_for "the newest" hidden '◀'
keys -l $'\e[11~'
check "another F1" wait_screen '^  KEYS'

colours() { # escape sequences that set a colour
    terminal capture-pane -e -p -t view | grep -oE $'\e\\[[0-9;:]*m' | grep -cE '[\[;:](3[0-8]|4[0-8]|9[0-7])'
}
TERM_INSIDE=xterm-256color open_view 80x24 ./redis
wait_screen 'LIVE'
check "colours where there are some" test "$(colours)" -gt 0
TERM_INSIDE=xterm open_view 80x24 ./redis
wait_screen 'LIVE'
check "8 colours where there are 8" test "$(colours)" -gt 0
check "and none of 256" equal 0 "$(terminal capture-pane -e -p -t view | grep -c '38[;:]5')"
TERM_INSIDE=vt100 open_view 80x24 ./redis
wait_screen 'LIVE'
check "none where there are none" equal 0 "$(colours)"
shows_after "and P says why" '^Colours: light, but none are shown: this terminal has too few\.$' P
close_terminal
open_terminal 80x24 env NO_COLOR=1 "$ARENATOP" ./redis
wait_screen 'LIVE'
check "none with NO_COLOR" equal 0 "$(colours)"
shows_after "and P says why" '^Colours: light, but none are shown: NO_COLOR is set\.$' P
close_terminal
open_terminal 80x24 env NO_COLOR= "$ARENATOP" ./redis
wait_screen 'LIVE'
check "an empty NO_COLOR is none" test "$(colours)" -gt 0

# ---- sizes ----

open_view 120x30 ./redis
check "before the resize" wait_screen 'TAKEN/s'
resize_terminal 60x20
check "narrower: fewer columns" wait_for "the new size" hidden 'TAKEN/s'
check "but the class and its live bytes" wait_screen 'main +140\.0M'
check "and the keys in the last line" wait_screen '^F1 help.*q quit$'
resize_terminal 200x50
check "wider again" wait_screen 'TAKEN/s'
resize_terminal 40x10
check "the smallest" wait_screen '^RSS 309\.4M/512\.0M  live 286\.4M'
resize_terminal 12x4
resize_terminal 3x2
resize_terminal 400x120
check "a size that nobody can read ends nothing" wait_screen 'TAKEN/s'

close_terminal
open_terminal 80x24 env COLUMNS=200 LINES=10 "$ARENATOP" ./redis
check "whatever COLUMNS and LINES say" wait_screen '^F1 help.*q quit$'
check "the screen is as large as it is" equal 24 "$(screen | grep -n '^F1 help.*q quit$' | cut -d: -f1)"
resize_terminal 60x20
check "and as it becomes" wait_for "the new size" hidden 'TAKEN/s|PEAK'
check "to its last line" wait_for "the keys there" eval '[ "$(screen | grep -n "^F1 help.*q quit$" | cut -d: -f1)" = 20 ]'

# ---- only what changed is written ----

# From begin_writing to end_writing what comes from the view goes to a file, all of which is there then.
begin_writing() {
    rm -f written.over
    : >written
    terminal pipe-pane -t view "cat >>$TMP/written; : >$TMP/written.over"
}
end_writing() {
    terminal pipe-pane -t view
    wait_for "all that was written" test -e written.over
}
wrote() { # LEAST MOST
    local written
    written=$(wc -c <written)
    [ "$written" -ge "$1" ] && [ "$written" -le "$2" ] || { echo "$written bytes"; return 1; }
}
open_view 120x40 ./redis
wait_screen '^▸ main'
begin_writing
keys C-l
check "drawn anew, all of it" wait_for "a screenful" wrote 2500 100000
keys Down
check "the cursor moves" wait_screen '^▸ bio_lazy_free'
end_writing
begin_writing
keys Up
check "and back" wait_screen '^▸ main'
end_writing
check "two rows are written, no more" wrote 1 1500
begin_writing
keys Left
check "a step in time" wait_screen '◀ 00:01 ago'
end_writing
check "writes the figures that changed" wrote 1 2000
begin_writing
keys Escape
check "a word in the last line" wait_screen 'This is the first screen'
end_writing
check "and that line alone" wrote 1 200

# ---- left clean ----

# A shell in the terminal, from which the view is started; what it prints before and after must be the same.
in_shell() {
    close_terminal
    open_terminal 80x24 env PS1='$ ' ARENATOP="$ARENATOP" bash --norc --noprofile
    wait_screen '^\$' && keys 'stty -a >before; "$ARENATOP" ./redis; echo "status $?"' Enter && wait_screen '^▸ main'
    view_pid=$(pgrep -f "^$ARENATOP \./redis$")
}

# clean: modes, cursor, mouse and the other screen are as they were.
clean() {
    rm -f after
    keys 'stty -a >after' Enter
    wait_for "stty" test -s after && cmp before after &&
        equal '1 0 0 0' "$(terminal display-message -p -t view '#{cursor_flag} #{mouse_any_flag} #{alternate_on} #{keypad_flag}')"
}

ends() { # NAME STATUS COMMAND...: after the command, the shell is back, with that status, in a clean terminal
    local name=$1 status=$2
    shift 2
    in_shell
    "$@"
    check "$name ends it" wait_screen "^status $status"
    check "$name leaves a clean terminal" clean
}

ends q 0 keys q
ends F10 0 keys F10
ends SIGTERM 143 eval 'kill -TERM $view_pid'
ends SIGHUP 129 eval 'kill -HUP $view_pid'
ends SIGQUIT 131 eval 'kill -QUIT $view_pid'
ends SIGUSR1 138 eval 'kill -USR1 $view_pid'
ends SIGALRM 142 eval 'kill -ALRM $view_pid'
ends "a crash" 139 eval 'kill -SEGV $view_pid'
ends "an abort" 134 eval 'kill -ABRT $view_pid'

in_shell
keys C-c
check "Ctrl-C ends it" wait_for "the end" gone "$view_pid"
check "Ctrl-C leaves a clean terminal" clean

in_shell
keys C-z
check "Ctrl-Z stops it" wait_screen 'Stopped'
check "Ctrl-Z leaves a clean terminal" clean
keys fg Enter
check "fg brings it back" wait_screen '^▸ main'
keys Down
check "and it takes keys" wait_screen '^▸ bio_lazy_free'
keys q
check "and ends" wait_for "the end" gone "$view_pid"
check "with a clean terminal" clean

in_shell
keys C-z
wait_screen 'Stopped'
resize_terminal 60x15
keys clear Enter fg Enter
check "a resize while it was stopped is seen" wait_screen '^F1 help.*q quit$'

# The terminal goes away under it: it ends, and does not spin.
in_shell
close_terminal
check "without a terminal it ends" wait_for "the end" gone "$view_pid"

done_testing
