#!/usr/bin/env bash
# The life of what is watched: awaited, attached, silent, ended in every way, taken again; and the picker.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/view.bash
. "$ROOT/tests/e2e/view.bash"

synth() { # NAME OPTION...: a process that looks as if it ran under the agent; sets `pid`
    local name=$1
    shift
    start "$name" "$SYNTH" --comm "$name" --at-most 300 "$@"
    wait_for "$name" grep -q ready "$name.out"
}

seq_shown() {
    screen | sed -nE '1s/.* #([0-9]+).*/\1/p'
}

seq_past() { # N
    [ "$(seq_shown)" -gt "$1" ]
}

# ---- attached, paused ----

synth lifer --every 100 --interval 100
open_view 120x20 lifer
check "a name that one process has" wait_screen "^arenatop  lifer $pid .*● live"
check "trends are there at once" wait_screen '^. main .*[▁▂▃▄▅▆▇█]{5}'
check "new snapshots come" wait_for "60 more" seq_past 61
shows_after "Space pauses" '(‖|◀) 00:0[0-9] ago' Space
paused=$(screen | grep '^. main')
check "paused, time goes by" wait_screen '◀ 00:0[2-9] ago'
check "and the figures stay" equal "$paused" "$(screen | grep '^. main')"
hides_after "Space goes on" ' ago' Space
at=$(seq_shown)
check "where it is by now" wait_for "the newest" seq_past $((at + 5))

# ---- the ways to end ----

kill -STOP "$pid"
check "silence is said" wait_screen '^arenatop  lifer .*◌ silent  . 00:[0-9]+ ago'
check "in words" wait_screen 'no sign of life'
kill -CONT "$pid"
check "and its end" wait_screen '● live'

kill -TERM "$pid"
check "an exit is said, and the figures stay" wait_screen '■ exited  . 00:0[0-9] ago'
check "in words" wait_screen '^It has exited\.'
check "the figures" wait_screen '^. main +2 +[0-9.]+M '
first=$pid
synth lifer --live 64M
second=$pid
check "a new process of that name is offered" wait_screen "A new process of that name is there, pid $second: r follows it"
shows_after "and taken with r" "^arenatop  lifer $second .*● live" r
check "with its own figures" wait_screen '^. main +2 +2[0-9]{2}\.[0-9]M'
stop "$first"

kill -KILL "$second"
check "a kill is said" wait_screen '■ gone  . 00:0[0-9] ago'
check "in words" wait_screen 'was killed, crashed or became another'
shows_after "differences are called so then too" '^Differences since the baseline' b
check "beside what has happened" wait_screen 'was killed, crashed or became another'
hides_after "until there are amounts again" '^Differences' b
shows_after "the past stays readable" '◀ 00:[0-9]+ ago' Left Left Left
stop "$second"

# After an exec another program has the pid; if that one is under the agent too, it is the successor.
close_terminal
synth changer --end exec
open_view 120x20 "$pid"
check "before the exec" wait_screen '● live'
kill -TERM "$pid"
check "an exec is an end too" wait_screen '■ gone'
stop "$pid" KILL

# ---- awaited ----

close_terminal
open_view 100x20 --wait latecomer
check "--wait says for whom" wait_screen '^arenatop  latecomer  ◌ waiting'
check "in words" wait_screen '^Not there yet'
synth latecomer
check "and begins when it is there" wait_screen "latecomer $pid .*● live"
stop "$pid"

check "--wait without a name" exits 2 "$ARENATOP" --wait
check "is one line" one_error 'TARGET: missing'

# ---- nothing published yet, versions, damage ----

close_terminal
start starter "$SYNTH" --comm starter --history 0 --every 100000 --at-most 300
starter=$pid
wait_for "its segment" compgen -G "/dev/shm/arenatop.$starter.*"
open_view 100x20 "$starter"
check "what has published nothing says so" wait_screen '◌ starting'
kill -USR1 "$starter"
check "and begins" wait_screen '^. main '
stop "$starter"

# A process that comes back under a newer agent, whose format this viewer does not read.
unread='its agent is of another version, format 2; this arenatop reads format 1'
close_terminal
synth turner
old=$pid
open_view 120x20 turner
check "before its end" wait_screen '● live'
stop "$old"
check "and after it" wait_screen '■ exited'
synth turner --lie version
new=$pid
check "ls has it, though it is not to be read" matches "^ *$new +$UID +turner +- +- +- unreadable: format 2$" \
    "$("$ARENATOP" ls | grep turner)"
"$ARENATOP" ls --json >ls.json
check "ls --json, too" holds ls.json "any(.[]; .pid == $new and .state == \"unreadable\" and .format == 2 and .mode == null)"
check "the newer one is offered" wait_screen "A new process of that name is there, pid $new: r follows it"
shows_after "why it cannot be taken is said in place" "^$new \(turner\): $unread" r
check "and the last figures stay" wait_screen '^. main +2 +[0-9.]+M '
open_view 120x20
check "the picker says so, too" wait_screen "^. +$new turner +$new \(turner\): $unread"
press t u r n e r # the records of gone processes may stand before it
check "alone when its name is typed" wait_screen '^▸ +'"$new"' turner '
shows_after "and stays, and says so when it is picked" "^$new \(turner\): $unread" Enter
open_view 120x20 --wait turner
check "who waits for it reads it, too" wait_screen "^$new \(turner\): $unread"
stop "$new"
check "and waits on" wait_screen '^Not there yet'
synth turner
check "until there is one that can be read" wait_screen "turner $pid .*● live"
stop "$pid"

close_terminal
segment newer --lie version
check "a newer version" exits 1 "$ARENATOP" -b ./newer
check "is refused in one line" one_error 'format 2'
segment torn --lie record
open_view 100x20 ./torn
check "a damaged file shows what is there" wait_screen '^. main '
check "and says what is wrong" wait_screen 'damaged: its ring breaks'
segment hole --lie snapshot
open_view 100x20 ./hole
check "a damaged snapshot is said" wait_screen 'damaged: a snapshot in it breaks'
shows_after "the one before is shown" '^. main ' Left Left

# ---- the picker ----

close_terminal
synth alpha --growth 3M
alpha=$pid
synth beta --live 64M
beta=$pid
open_view 40x10
check "in 40x10 a figure is whole or not there" wait_screen "^. +$alpha alpha +[0-9.]+M +\+9\.00M\$"
close_terminal
synth fifteen-letters
open_view 50x12
check "in 50 columns a name is whole" wait_screen "^. +$pid fifteen-letters +[0-9.]+M "
stop "$pid"
open_view 100x20
check "arenatop alone lists what can be watched" wait_screen "^. +$alpha alpha +[0-9.]+[MG] "
check "with growth" wait_screen "^. +$alpha alpha .* \+9\.00M exact +3 "
shows_after "typing filters" '^▸ +[0-9]+ alpha' a l p
check "to what matches" hidden ' beta '
shows_after "Backspace takes a letter back" 'filter: al$' BSpace
shows_after "Escape all" " beta " Escape
shows_after "Enter opens" "^arenatop  alpha $alpha .*● live" a l p h a Enter
shows_after "p picks another" "$beta beta" p
shows_after "arrows and Enter" "^arenatop  beta $beta .*● live" b e t a Enter
shows_after "Escape leaves the picker" '● live' p Escape
press p
press F10
check "F10 quits it" wait_for "the end" left_terminal 0

synth beta
third=$pid
open_view 100x20 beta
check "a name that several have" wait_screen 'Several processes are called beta'
check "lists the one" wait_screen "$beta beta"
check "and the other" wait_screen "$third beta"
check "and nobody else" hidden ' alpha '
press Escape
check "Escape quits when nothing was open" wait_for "the end" left_terminal 0
for pid in "$alpha" "$beta" "$third"; do
    stop "$pid"
done

if [ -z "$(compgen -G '/dev/shm/arenatop.*')" ]; then
    open_view 100x20
    check "nothing to watch: what to do" wait_screen 'arenatop run -- COMMAND'
else
    skip "nothing to watch: what to do" "others are watched on this machine"
fi

done_testing
