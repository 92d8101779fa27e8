#!/usr/bin/env bash
# Keys and mouse: each does what the help says. (That no key of the table is forgotten, test_viewer.c sees to.)
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/view.bash
. "$ROOT/tests/e2e/view.bash"

segment redis --classes 20 --growth 1M,0 --wave 0

# The cursor's row begins with its sign, the order is marked in the heading.
on='^▸.?'

# ---- moving, opening, going back ----

open_view 100x20 ./redis
check "the cursor starts on the largest" wait_screen "${on}main "
shows_after "Down moves" "${on}io_thd" Down
shows_after "j moves" "${on}bio_lazy" j
shows_after "Up moves" "${on}io_thd" Up
shows_after "k moves" "${on}main " k
shows_after "Ctrl-D moves by a page" "${on}class-15" C-d
shows_after "Ctrl-U moves back" "${on}main " C-u
shows_after "the list scrolls with the cursor" "${on}class-16" C-d Down
shows_after "Enter opens a class" '^  class-16  live' Enter
shows_after "Escape goes back, the cursor stays on the thing" "${on}class-16" Escape
shows_after "and so does Backspace" "${on}class-16" Enter BSpace
shows_after "whatever order comes" "${on}class-16" '>' '>' I

# ---- order ----

open_view 100x20 ./redis
check "ordered by live" wait_screen 'LIVE▾'
shows_after "> orders by the column to the right" 'Δ/s▾' '>'
shows_after "< by the one to the left" 'LIVE▾' '<'
shows_after "I inverts" 'LIVE▴' I
shows_after "s picks from a menu" 'Order by' s
shows_after "Enter takes the column" 'Δ/s▾' Down Enter
shows_after "F6 does too" 'Order by' F6
shows_after "and closes it again" 'Δ/s▾' F6

# ---- find and filter ----

open_view 100x20 ./redis
shows_after "/ goes to a name as it is typed" "${on}class-20" / - 2 0
shows_after "Enter keeps it" "${on}class-20" Enter
shows_after "n goes on, around the end" "${on}io_thd" Escape / i o Enter n n
shows_after "N goes back" "${on}bio_lazy" N
shows_after "what is not there is said" 'Nothing is called that' / z z z Enter
press Escape
hides_after "\\ filters as it is typed" 'main  ' '\' i o _
check "and shows the filter" wait_screen '^filter: io_'
shows_after "shown until cleared" '^filter: io_.*Esc clears' Enter
shows_after "Escape clears it" 'main  ' Escape
hides_after "F4 filters too" 'main  ' F4 i o Enter
shows_after "Escape in the line takes back what was typed" '^filter: io +Esc' F4 _ t Escape
shows_after "Ctrl-U empties the line" '  main ' F4 C-u Enter

# ---- columns, units, idle, colours, delay ----

open_view 120x24 ./redis
shows_after "C picks columns" '\[ \] ACTIVE' C
hides_after "Space hides one" ' THR ' Down Space C
shows_after "F2 picks columns too; Enter shows it again" ' THR ' F2 Down Enter F2
shows_after "u shows bytes in full" '146,800,640|[0-9]{3},[0-9]{3},[0-9]{3}' u
shows_after "u again percent" '[0-9.]+% ' u
shows_after "u again K/M/G" 'Unit: K/M/G' u
shows_after "i hides what is idle" 'What is idle is hidden' i
shows_after "i shows it" 'What is idle is shown' i
shows_after "P changes colours" 'Colours: light' P
shows_after "d asks for the delay" '^seconds between two frames: 0' d
shows_after "and takes a number only" 'The delay is a number' x Enter
shows_after "and keeps it" 'frames: 2.500' d BSpace 2 . 5 Enter d
press Escape

# ---- screens ----

open_view 100x24 ./redis
shows_after "F1 shows the help" '^  KEYS' F1
shows_after "F1 closes it" 'LIVE▾' F1
shows_after "? shows the help" '^  KEYS' '?'
shows_after "which scrolls" '^  COLUMNS OF THREADS' C-d C-d C-d C-d C-d
shows_after "h closes it" 'LIVE▾' h
shows_after "m shows flows" 'owner . freed by' m
shows_after "s since the start" 'since the start' s
shows_after "x in blocks" 'Blocks since' x
shows_after "> scrolls to the right" 'freed by +io_thd' '>'
shows_after "< to the left" 'freed by +main' '<'
shows_after "Enter opens the owner" '^  io_thd_\* +live' Down Enter
shows_after "t shows its threads" '^  threads of io_thd_\*' t
shows_after "Enter opens a thread's class" '^  io_thd_\* +live' Enter
shows_after "a its arenas" '^  arenas of io_thd_\*' a
shows_after "Enter opens an arena" '^  arena [0-9]+ of io_thd_\*' Enter
shows_after "c shows the classes" 'LIVE▾' c
shows_after "t from there shows all threads" 'THREAD .*ALLOC/s▾' t
check "of every class" wait_screen '  main '
shows_after "w shows the agent" '^  WARNINGS' w
shows_after "g shows a graph" '01:00 before' g
shows_after "+ reaches back further" '05:00 before' +
shows_after "- less" '01:00 before' -
shows_after "z zooms" '^ 355\.3M │' z
shows_after "Ctrl-L draws anew" '01:00 before' C-l
shows_after "p picks another process" 'Which process' p
shows_after "Escape goes back" '01:00 before' Escape
shows_after "r follows nobody when nobody is there" 'No other process has taken its place' r

# ---- time ----

open_view 120x24 ./redis
shows_after "Left goes back" '◀ 00:01 ago  14:14:19' Left
shows_after "Right forward" '#60 ' Right
shows_after "PgUp leaps, to the oldest at most" '◀ 00:[0-9]+ ago' PageUp
shows_after "PgDn leaps forward" '#60 ' PageDown
shows_after "Home goes to the oldest" '◀ 00:[345][0-9] ago' Home
shows_after "every screen works there" 'no snapshot before this one' m
shows_after "with what there was" 'owner . freed by' Right
check "and still says when" wait_screen '◀ 00:[345][0-9] ago'
shows_after "End goes back to the newest" '#60 ' End m
shows_after "@ asks where to" '^time or snapshot:' @
shows_after "a time of day" '◀ 00:40 ago  14:13:40' 1 4 : 1 3 : 4 0 . 5 Enter
shows_after "a day and a time" '◀ 00:30 ago  14:13:50' @ 2026-09-21T14:13:50 Enter
shows_after "a number" '◀ 00:53 ago  14:13:27' @ 7 Enter
shows_after "as it is shown" '◀ 00:52 ago  14:13:28' @ '#8' Enter
shows_after "what is later than all is the newest" '#60 ' @ 2100-01-01T00:00Z Enter
shows_after "earlier, the oldest" '◀ 00:[345][0-9] ago' @ 1999-01-01T00:00Z Enter
shows_after "a number that there is not, nowhere" 'There is no such snapshot' @ 4 7 1 1 Enter
shows_after "and anything else" 'A moment is a time' @ n o o n Enter
check "it stays where it was" wait_screen '◀ 00:[345][0-9] ago'
shows_after "Escape thinks better of it" '◀ 00:[345][0-9] ago' @ 7 Escape
shows_after "End follows again" '#60 ' End
shows_after "b sets a baseline" 'Differences since the baseline 00:00' b
shows_after "figures are differences" '^live .* -1\.00M ' Left
hides_after "b takes it away" 'Differences' b

# ---- mouse ----

click() { # ROW COLUMN [BUTTON]
    terminal send-keys -t view -l $'\e['"<${3:-0};$2;${1}M"$'\e['"<${3:-0};$2;${1}m"
}

TERM_INSIDE=xterm-256color open_view 100x24 ./redis
check "before the mouse" wait_screen 'LIVE▾'
click 4 30
check "a click on a heading orders" wait_screen 'Δ/s▾'
click 4 30
check "another inverts" wait_screen 'Δ/s▴'
click 4 22
check "on another column, that" wait_screen 'LIVE▾'
click 6 10 65
check "the wheel moves" wait_screen "${on}class-4"
click 6 10 64
check "and back" wait_screen "${on}main "
click 6 10
check "a click on a row opens it" wait_screen '^  io_thd_\* +live'

# ---- the end ----

shows_after "Escape back" 'LIVE▾' Escape
press q
check "q quits" wait_for "the end" left_terminal 0
open_view 80x24 ./redis
press F10
check "F10 quits" wait_for "the end" left_terminal 0

done_testing
