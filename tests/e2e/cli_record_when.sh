#!/usr/bin/env bash
# record --when and --exec: what is around a moment, once each time a condition begins to hold; and a command that is told.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
SYNTH=$BUILD/tests/synth

seqs() { # FILE: the numbers of its snapshots, on one line
    "$ARENATOP" dump "$1" --all | jq .seq | xargs
}
# start_synth NAME [OPTION...]
start_synth() {
    local name=$1
    shift
    start "$name" "$SYNTH" "$@" && wait_for "$name to be ready" grep -q ^ready "$name.out"
}
grow() { # N: so many snapshots more of $synth
    local i seq
    for ((i = 0; i < $1; i++)); do
        seq=$(grep -c ^published synth.out)
        kill -USR1 "$synth" && wait_for "a snapshot" eval '[ "$(grep -c ^published synth.out)" -gt "$seq" ]'
    done
}

# ---- out of a file: main holds 48M, 58M, ... 148M and down again in 20 snapshots, a second apart ----

"$SYNTH" --file waves --history 60 --ring 4M --wave 100M --growth 0
record() { # NAME OPTION...
    local name=$1
    shift
    exits 0 "$ARENATOP" record ./waves -o "$name" "$@"
}
check "a moment, what was before and what comes after" record some --when 'main.live > 100M' --before 3 --after 2s
check "each time" equal "3 4 5 6 7 8 23 24 25 26 27 28 43 44 45 46 47 48" "$(seqs ./some)"
check "tells the moments" equal 3 "$(grep -cE '^20.*Z #[246]?6 main\.live is 108\.0M: main\.live > 100M$' out)"
check "and sums up" matches '^18 snapshots of 4711 \(synthetic\) to some, 0 lost, [0-9.]+K; 3 moments$' "$(cat out)"
check "and says nothing else" equal "" "$(cat err)"
same() { # SEQ: to the byte
    diff <("$ARENATOP" dump ./waves --seq "$1") <("$ARENATOP" dump ./some --seq "$1")
}
check "the snapshots are the same" eval 'same 3 && same 28 && same 46'
check "it is diffed" exits 0 "$ARENATOP" diff some@3 some@8 --json
check "as any recording" holds out '(.classes[] | select(.name == "main").live_growth) == 5 * 10485760'
check "several conditions: any of them" record any --when 'main.live >= 148M' --when 'main.live < 50M' --before 0 --after 0
check "each at its moments" equal "10 20 30 40 50 60" "$(seqs ./any)"
check "a glob, a rise" record glob --when '*_*.live rises 15M/s' --before 1 --after 0
check "that is never" matches '^0 snapshots .*; no condition was met$' "$(cat out)"
check "leaves a recording" exits 1 "$ARENATOP" dump ./glob
check "that has nothing in it" one_error '^arenatop: \./glob: no snapshot in it$'
check "for batch mode too" exits 1 "$ARENATOP" -b -n 1 ./glob
check "in one line" one_error '^arenatop: \./glob: no snapshot in it$'
check "a fall" record fall --when '*_*.live falls 9M/s' --before 1 --after 0
check "is a moment of each class, each time" equal "6" "$(grep -c '_.*\.live is ' out)"
check "begins with the way down" matches '^10 11( |$)' "$(seqs ./fall)"
# Three windows of six snapshots, 20 s apart: the view does not take 18 snapshots for 18 s.
open_terminal 100x20 "$ARENATOP" ./some
check "in the view, the trends are headed by the time that they cover" wait_screen '  RES  88 s$'
keys g
check "and so are graphs" wait_screen '└─ 01:28 before ─'
close_terminal
"$SYNTH" --file strange --history 20 --names weird --classes 12 --growth 1M
check "a name of any bytes" exits 0 "$ARENATOP" record ./strange -o red --before 0 --after 0 \
    --when $'\e[31mred\e[0m\e]0;title\a.live > 0' --exec 'printf %s "$ARENATOP_CLASS" >class'
check "is told without them" eval '! grep -q "[[:cntrl:]]" out'
check "but to the command" equal $'\e[31mred\e[0m\e]0;title\a' "$(cat class)"
check "and a name that would be a command is none" exits 0 "$ARENATOP" record ./strange -o comma --before 0 --after 0 \
    --when "comma*.live > 0" --exec 'env -0 >facts'
check "but data" grep -qzx "ARENATOP_CLASS=comma,semi;'=1+1" facts

# ---- of a process: main gains 1M a snapshot, of which there are as many as the test says ----

start_synth synth --every 0 --growth 1M,0
synth=$pid
: >sent
cat >errand.sh <<'SH'
env -0 >facts
ls -l /proc/$$/fd >files
grep ^Sig /proc/self/status >signals # not $$: a shell that has just forked may still hold them back
echo sent >>sent
"$ARENATOP" dump "$ARENATOP_FILE" --all >early.part && mv early.part early
exec sleep 600
SH
export ARENATOP
start recorder "$ARENATOP" record "$synth" -o flight --when 'main.live > 118M' --when 'main.live > 130M' --before 4 \
    --after 3 --exec '. ./errand.sh'
recorder=$pid
wait_for "a file" test -s flight
check "nothing is recorded before the moment" equal "" "$(seqs ./flight 2>/dev/null)"
grow 12
wait_for "the moment" grep -q . recorder.out
check "at the moment what was before is in the file" matches '^67 68 69 70 71' "$(seqs ./flight)"
wait_for "the command" test -s early
check "when the command runs, too" equal "67 68 69 70 71" "$(jq .seq early | xargs | cut -d' ' -f1-5)"
facts() {
    local fact
    for fact in "PID=$synth" COMM=synth CLASS=main "WHEN=main.live > 118M" FIGURE=live SEQ=71 FILE="$TMP/flight" \
        "VALUE=$(jq -s '.[] | select(.seq == 71) | .classes[1].live' early)" \
        "TIME=$(jq -rs '.[] | select(.seq == 71) | .time' early)" \
        "LIVE=$(jq -s '.[] | select(.seq == 71) | .classes[1].live' early)" \
        "DIRTY=$(jq -s '.[] | select(.seq == 71) | .classes[1].dirty' early)" \
        "PROCESS_RSS=$(jq -s '.[] | select(.seq == 71) | .process.rss' early)"; do
        grep -qzxF "ARENATOP_$fact" facts || { echo "no $fact in:"; tr '\0' '\n' <facts | grep ARENATOP; return 1; }
    done
}
check "it has the facts in its environment" facts
check "no file of ours is open in it" eval '! grep -E "/flight$|/dev/shm" files'
check "no signal is blocked in it" matches '^SigBlk:.0000000000000000$' "$(cat signals)"
ignored() { # SIGPIPE and SIGXFSZ, which the recorder ignores for itself
    [ $((0x$(sed -n 's/^SigIgn:.//p' signals) & 0x1001000)) -eq 0 ]
}
check "none that a program needs is ignored" ignored
grow 15
wait_for "the second moment" eval '[ "$(grep -c . recorder.out)" = 2 ]'
check "the recorder does not wait for it; what comes is recorded" wait_for "the rest" \
    eval '[ "$(seqs ./flight)" = "67 68 69 70 71 72 73 74 79 80 81 82 83 84 85 86" ]'
gap() {
    exits 0 "$ARENATOP" dump ./flight --all -f raw -o gap && "$ARENATOP" -b ./flight >/dev/null
}
check "the gap is none that hurts" gap
check "the command was run once" equal "sent" "$(cat sent)"
sleeper=$(pgrep -P "$recorder")
check "it is still there" test -n "$sleeper"
stop "$recorder"
check "SIGTERM ends the recorder at once" equal 0 "$status"
check "with its sum" matches "^16 snapshots of $synth .* to flight, 0 lost, .*; 2 moments$" "$(cat recorder.out)"
check "but not the command" alive "$sleeper"
kill "$sleeper"

: >sent
check "one that goes on with the file" exits 0 "$ARENATOP" record "$synth" -o flight --for 0.2 --when 'main.live > 118M' \
    --before 4 --after 3 --exec 'echo >>sent'
check "does not tell again what is in it" equal "" "$(cat sent)"
check "and says so" matches '^0 snapshots .*; no new moment$' "$(cat out)"

start recorder "$ARENATOP" record "$synth" -o failing --when 'process.rss > 0' --after 1h --exec 'exit 3'
recorder=$pid
check "a command that fails is said" wait_for "a line" grep -qx "arenatop: --exec: 'exit 3': exit status 3" recorder.err
no_zombie() {
    ! ps -o stat= --ppid "$recorder" | grep -q .
}
check "it leaves no zombie" no_zombie
grow 2
seq=$("$ARENATOP" dump "$synth" | jq .seq)
check "and the recording goes on" wait_for "the newest" eval '[ "$("$ARENATOP" dump ./failing | jq .seq)" = "$seq" ]'
stop "$recorder" KILL
check "what a killed recorder wrote opens" equal "$(seq "$seq" | xargs)" "$(seqs ./failing)"

check "at its end it waits for what the command comes to" exits 0 "$ARENATOP" record ./waves -o late \
    --when 'main.live > 100M' --exec 'kill -9 $$'
check "to say it" one_error "^arenatop: --exec: 'kill -9 \\$\\$': ended by signal 9 \(Killed\)$"
deaf() { # children of one that ignores SIGCHLD leave no status
    start recorder env --ignore-signal=CHLD "$ARENATOP" record ./waves -o deaf --when 'main.live > 100M' --exec 'exit 3'
    wait_for "its end" gone "$pid" && grep -q 'exit status 3$' recorder.err
}
check "also where SIGCHLD is ignored" deaf
stop "$pid"

# The signal comes in the midst of it, whoever gets the processor: with a write of the recorder's own.
"$SYNTH" --file long --history 8000 --ring 64M
told_to_end() { # COMMAND...
    strace -o /dev/null -e trace=pwrite64 -e inject=pwrite64:signal=SIGTERM:when=100 "$@"
}
cut_short() {
    local count
    count=$(sed -nE 's/^([0-9]+) snapshots .*; 1 moment$/\1/p' out)
    [ "$count" -gt 0 ] && [ "$count" -lt 8000 ] && equal "$(seq "$count" | xargs)" "$(seqs ./part)"
}
if told_to_end true 2>/dev/null; then
    check "a long history is no reason not to hear" exits 0 told_to_end "$ARENATOP" record ./long -o part \
        --when 'main.live > 0' --after 1d
    check "and what was recorded until then is there" cut_short
else
    skip "a long history is no reason not to hear" "strace may not trace here"
fi
check "nor is it one not to hear the command" exits 0 "$ARENATOP" record ./long -o killed --when 'main.live > 0' --after 1d \
    --exec 'kill $PPID'

check "-n counts what comes, recorded or not" eval 'start recorder "$ARENATOP" record "$synth" -o counted -n 3 --when "main.live > 1T"
    wait_for "its end" eval "grow 1; gone $pid"'
check "and ends" matches '^0 snapshots .*; no condition was met$' "$(cat recorder.out)"
stop "$pid"
check "--for ends it too" exits 0 "$ARENATOP" record "$synth" -o timed --for 0.2 --when 'main.live > 1T'
stop "$synth"

start_synth synth --every 0 --growth 1M,0
synth=$pid
start recorder "$ARENATOP" record "$synth" -o brief --when 'main.live > 118M' --before 2 --after 1d
recorder=$pid
wait_for "a file" test -s brief
grow 12
kill "$synth"
check "the end of the process ends it" wait_for "its end" gone "$recorder"
stop "$recorder"
check "with status 0" equal 0 "$status"
check "and says so" matches '; 1 moment; the process has ended$' "$(cat recorder.out)"
check "with its last snapshot" eval 'exits 0 "$ARENATOP" dump ./brief && holds out ".state == \"exited\" and .seq == 73"'
stop "$synth"

# ---- what cannot be ----

refuses() { # REGEX OPTION...
    local said=$1
    shift
    check "record $(printf '%q ' "$@")is refused" exits 2 "$ARENATOP" record ./waves -o never "$@"
    check "says: $said" one_error "$said"
}
refuses "^arenatop: record: --when: 'main.liv > 2G': column 6: 'liv' is no figure of a class; there are threads, .*live, " \
    --when 'main.liv > 2G'
refuses "^arenatop: record: --when: 'main.live > 2X': column 13: a number of bytes belongs here, or of K, M, G or T$" \
    --when 'main.live > 1' --when 'main.live > 2X'
refuses "^arenatop: record: --when: 'a\\\\nb': column 4, the end: a test is missing" --when $'a\nb'
refuses "^arenatop: record: --exec: only with --when; see" --exec true
refuses "^arenatop: record: --before: only with --when; see" --before 5
refuses "^arenatop: record: --after: 'soon' is not a number of seconds" --when 'main.live > 1' --after soon
check "no file is made for that" eval '! [ -e never ]'

full_disk() { # runs in a mount namespace of its own
    mkdir -p small && mount -t tmpfs -o size=8k none small || return
    "$ARENATOP" record ./waves -o small/flight --when 'main.live > 100M' --before 3 --after 1h --exec 'echo told' >out 2>err
    equal 1 $? && one_error '^arenatop: small/flight: No space left on device$' && grep -qx told out || return
    cp small/flight from-full
}
export -f full_disk equal one_error
export TMP
if [ "$UID" -eq 0 ] && unshare --mount true 2>/dev/null; then
    check "a full disk ends it" unshare --mount bash -c full_disk
    full=$(seqs ./from-full)
    check "and what was written opens" equal "$(seq 3 "${full##* }" | xargs)" "$full"
else
    skip "a full disk ends it" "needs root and namespaces"
fi

# ---- somebody looks ----

open_terminal 120x40 env LC_ALL=C.UTF-8 "$ARENATOP" ./some
wait_screen '^. main '
keys w End
check "the view says what is missing, and no more: nobody overwrote it" wait_screen \
    '^  history +18 snapshots, 28 missing in between$'
close_terminal
start_synth synth --every 0 --growth 1M,0
synth=$pid
open_terminal 100x10 sh -c 'trap : INT; "$@"; echo "ended $?"; sleep 600' sh "$ARENATOP" record "$synth" -o watched \
    --when 'main.live > 118M' --after 1h --exec 'echo told'
check "in a terminal it says that it is armed" wait_screen '^armed, 0 moments, 0 snapshots, 0 lost, [0-9.]+K, [0-9:]+'
grow 12
check "tells the moment" wait_screen '^20.*Z #71 main\.live is 119\.0M: main\.live > 118M$'
check "and what it does from then on" wait_screen '^recording, 1 moment, [0-9]+ snapshots, 0 lost, '
keys C-c
check "Ctrl-C ends it" wait_screen '^ended 0'
close_terminal
stop "$synth"

done_testing
