#!/usr/bin/env bash
# record, and the view over recordings: every snapshot once, gaps told, and a file that opens whatever ended it.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
SYNTH=$BUILD/tests/synth

# start_synth NAME [OPTION...]
start_synth() {
    local name=$1
    shift
    start "$name" "$SYNTH" "$@" && wait_for "$name to be ready" grep -q ^ready "$name.out"
}
seqs() { # FILE: the numbers of its snapshots, on one line
    "$ARENATOP" dump "$1" --all | jq .seq | xargs
}
without_a_gap() { # NUMBERS: on a slow machine the ring may have gone round before they begin
    [ -n "$1" ] && equal "$(seq "${1%% *}" "${1##* }" | xargs)" "$1"
}
same_snapshots() { # TARGET FILE: the file has all that the target has
    diff <("$ARENATOP" dump "$1" --all) <("$ARENATOP" dump "$2" --all)
}

# ---- following ----

# Its ring does not go round while it is needed, however long the commands take.
start_synth synth --every 20 --ring 32M
synth=$pid
check "record -n ends by itself" exits 0 "$ARENATOP" record "$synth" -o recording -n 25
check "and sums up" matches "^[0-9]+ snapshots of $synth \(synth\) to recording, 0 lost, [0-9.]+[BKMG]$" "$(cat out)"
check "and says nothing else" equal "" "$(cat err)"
first=$(seqs ./recording)
last=${first##* }
check "the history that there was, and 25 more, none twice, none left out" equal "$(seq "$last" | xargs)" "$first"
check "at least 85 of them" [ "$last" -ge 85 ]
check "record goes on with it" exits 0 "$ARENATOP" record "$synth" -o recording --for 0.5
more=$(seqs ./recording)
check "where it ended" equal "$(seq "${more##* }" | xargs)" "$more"
check "and some more" [ "${more##* }" -gt "$last" ]
check "a file is copied whole, with a count that nothing comes to" exits 0 \
    "$ARENATOP" record ./recording -o all -n 18446744073709551615
check "to the last snapshot" equal "$more" "$(seqs ./all)"
if command -v zstd >/dev/null; then
    check "it is a file of zstd frames" zstd -q -t recording
else
    skip "it is a file of zstd frames" "no zstd program here"
fi

start recorder "$ARENATOP" record "$synth" -o stopped
recorder=$pid
wait_for "something recorded" eval '[ "$(stat -c %s stopped 2>/dev/null || echo 0)" -gt 20000 ]'
check "a second recorder is refused" exits 1 "$ARENATOP" record "$synth" -o stopped
check "in one line" one_error '^arenatop: stopped: another recorder writes it$'
stop "$recorder"
check "SIGTERM ends it as if it were over" equal 0 "$status"
check "with its sum" matches "^[0-9]+ snapshots of $synth " "$(cat recorder.out)"

start recorder "$ARENATOP" record "$synth" -o killed
recorder=$pid
wait_for "something recorded" eval '[ "$(stat -c %s killed 2>/dev/null || echo 0)" -gt 20000 ]'
stop "$recorder" KILL
killed=$(seqs ./killed)
check "what a killed recorder wrote opens, without a gap" without_a_gap "$killed"
head -c -7 killed >cut-off
check "a cut-off tail is left out" equal "${killed% *}" "$(seqs ./cut-off 2>/dev/null)"
left_out() { # COMMAND...: succeeds, and says so
    exits 0 "$@" && one_error '^arenatop: (\./)?cut-off: end(s|ed) in the middle of a snapshot, which is left out$'
}
check "dump says so" left_out "$ARENATOP" dump ./cut-off
check "diff, too" left_out "$ARENATOP" diff ./cut-off@1 killed
check "batch mode, too" left_out "$ARENATOP" -b -n 1 ./cut-off
check "record from it, too" left_out "$ARENATOP" record ./cut-off -o of-cut-off
open_terminal 100x10 "$ARENATOP" ./cut-off
check "the view, too" wait_screen 'tail cut off'
close_terminal
check "record goes on behind what is whole, and says so" left_out "$ARENATOP" record "$synth" -o cut-off -n 1
check "without a gap, too" without_a_gap "$(seqs ./cut-off)"

# Somebody else's hands on the file: what is recorded from then on would be in no file, or in one that does not open. The
# recorder rests at that moment: it has all that there is.
start_synth rests --every 0
rests=$pid
has_all() {
    test -s taken && { [ ${#armed[@]} -gt 0 ] ||
        equal "$("$ARENATOP" dump "$rests" | jq .seq)" "$("$ARENATOP" dump ./taken | jq .seq)"; }
}
loses() { # REGEX COMMAND...: does that to the file of a recorder, which ends by itself and says so
    local said=$1
    shift
    start recorder "$ARENATOP" record "$rests" -o taken ${armed[@]+"${armed[@]}"}
    recorder=$pid
    wait_for "all in the file" has_all && "$@" && kill -USR1 "$rests" && wait_for "its end" gone "$recorder" || return
    stop "$recorder"
    rm -f taken
    equal 1 "$status" && cp recorder.err err && one_error "$said"
}
armed=()
check "a file that is removed ends it" loses '^arenatop: taken: was removed while it was written$' rm taken
check "one that is emptied, too" loses '^arenatop: taken: was cut short by somebody else while it was written$' truncate -s 0 taken
armed=(--when 'main.live < 0')
check "also while nothing is recorded" loses '^arenatop: taken: was removed while it was written$' rm taken
stop "$rests"
start recorder "$ARENATOP" record "$synth" -o taken
recorder=$pid
wait_for "a file" test -s taken
mv taken elsewhere
stop "$recorder"
check "one with another name now is still there" equal 0 "$status"
check "and opens" without_a_gap "$(seqs ./elsewhere)"

# A recorder that was stopped while the ring went round: what it missed is told, and the rest is there.
start_synth fast --every 5 --classes 20 --threads 10
fast=$pid
start recorder "$ARENATOP" record "$fast" -o gaps
recorder=$pid
wait_for "something recorded" eval '[ "$(stat -c %s gaps 2>/dev/null || echo 0)" -gt 20000 ]'
kill -STOP "$recorder"
seq_before=$("$ARENATOP" dump "$fast" | jq .seq)
wait_for "the ring to go round" eval '[ "$("$ARENATOP" dump "$fast" | jq .seq)" -gt $((seq_before + 300)) ]'
kill -CONT "$recorder"
wait_for "the recorder to go on" eval '[ "$("$ARENATOP" dump ./gaps | jq .seq)" -gt $((seq_before + 300)) ]'
stop "$recorder"
missed() { # the numbers missing in the file are as many as were said to be lost
    local numbers lost
    numbers=$(seqs ./gaps)
    lost=$(grep -oE '[0-9]+ lost' recorder.out | cut -d' ' -f1)
    [ "$lost" -gt 0 ] && equal $((${numbers##* } - ${numbers%% *} + 1 - $(wc -w <<<"$numbers"))) "$lost"
}
check "what was overwritten meanwhile is told" missed
stop "$fast"

# ---- the end of the process ----

# ends_with NAME OPTION...: a process, `ended`, that ends when it is being recorded, into NAME.
ends_with() {
    local name=$1
    shift
    start_synth "$name" --every 20 "$@"
    ended=$pid
    start recorder "$ARENATOP" record "$ended" -o "$name"
    wait_for "a file" test -s "$name" && kill "$ended" && wait_for "its end" gone "$pid" && stop "$pid" && equal 0 "$status"
}
check "record ends with the process" ends_with brief
brief=$ended
check "and says so" matches "; the process has ended$" "$(cat recorder.out)"
check "with its last snapshot" eval 'exits 0 "$ARENATOP" dump ./brief && holds out ".state == \"exited\" and .pid == $brief"'
wait_for "the end of it" gone "$brief"
stop "$brief"
check "also when it is killed" ends_with crash --end kill
crash=$ended
check "and says so too" matches "; the process has ended$" "$(cat recorder.out)"
wait_for "the end of that" gone "$crash"
check "its flight recorder is recorded as well" exits 0 "$ARENATOP" record "$crash" -o crash2
check "with the same snapshots" same_snapshots ./crash ./crash2
stop "$crash"

# ---- what can be recorded from, and to ----

cp "$(segments_of "$synth")" copy
check "a copied segment is recorded" exits 0 "$ARENATOP" record ./copy -o of-copy
check "with the same snapshots" same_snapshots ./copy ./of-copy
check "a recording is dumped raw" exits 0 "$ARENATOP" dump ./of-copy -f raw --all -o of-recording
check "with the same snapshots, too" same_snapshots ./copy ./of-recording
# However long the ring has been running: one that it still has.
some=$("$ARENATOP" dump ./copy --all | jq -s '.[length / 2 | floor].seq')
check "a snapshot of it by its number" eval 'exits 0 "$ARENATOP" dump ./of-copy --seq "$some" && holds out ".seq == $some"'

refuses() { # STATUS REGEX WORD...
    local status=$1 said=$2
    shift 2
    check "record $* is refused" exits "$status" "$ARENATOP" record "$@"
    check "says: $said" one_error "$said"
}
echo "many years of letters" >letters
refuses 2 '^arenatop: record: --output: missing, a recording needs a file; see' "$synth"
refuses 1 '^arenatop: letters: is there and is no recording; it stays as it is$' "$synth" -o letters
check "it stays as it is" equal "many years of letters" "$(cat letters)"
refuses 1 "^arenatop: recording: a recording of another process, $synth; give another file$" ./crash -o recording
refuses 1 '^arenatop: /tmp: Is a directory$' "$synth" -o /tmp
refuses 1 '^arenatop: /dev/null: not an ordinary file$' "$synth" -o /dev/null
refuses 1 '^arenatop: none/file: No such file or directory$' "$synth" -o none/file
refuses 3 '^arenatop: 2147483647: no such process' 2147483647 -o none
check "no file is made for nobody" eval '! [ -e none ]'

full_disk() { # runs in a mount namespace of its own
    mkdir -p small && mount -t tmpfs -o size=64k none small || return
    "$ARENATOP" record "$synth" -o small/recording >out 2>err
    equal 1 $? && one_error '^arenatop: small/recording: No space left on device$' || return
    cp small/recording from-full
}
export -f full_disk equal one_error
export ARENATOP TMP synth
if [ "$UID" -eq 0 ] && unshare --mount true 2>/dev/null; then
    check "a full disk ends it" unshare --mount bash -c full_disk
    check "and what was written opens" without_a_gap "$(seqs ./from-full)"
else
    skip "a full disk ends it" "needs root and namespaces"
fi

"$SYNTH" --file broken --lie snapshot
check "a snapshot that breaks the rules is left out" exits 0 "$ARENATOP" record ./broken -o of-broken
check "and told" matches '^59 snapshots .*; 1 damaged, left out$' "$(cat out)"

check "standard output is no recording" exits 2 "$ARENATOP" record ./broken -o -
check "and is not made a file" eval 'one_error "^arenatop: record: --output: -: a recording needs a file, " && [ ! -e ./- ]'
full_stdout() {
    "$ARENATOP" record ./broken -o unsaid >/dev/full 2>err
    equal 1 $? && one_error '^arenatop: standard output: No space left on device$'
}
check "a sum that cannot be written is said, and why" full_stdout

# A file that is opened has the lowest number that is free.
for closed in 1 2; do
    (
        eval "exec $closed>&-"
        exec "$ARENATOP" record ./broken -o "unheard-$closed"
    )
    check "a recording by somebody without descriptor $closed" equal 59 "$(seqs "./unheard-$closed" | wc -w)"
done

# One damaged in its middle: a group, up to its next key, is not to be read; all the rest is, by every command.
"$SYNTH" --file long --history 400
"$ARENATOP" record ./long -o long.recording >/dev/null
size=$(stat -c %s long.recording) all=$(seqs ./long.recording | wc -w)
cp long.recording hurt
printf 'xxxxxxxxxxxxxxxx' | dd of=hurt bs=1 seek=$((size / 2)) conv=notrunc status=none
check "a recording that is damaged in its middle" exits 0 "$ARENATOP" dump ./hurt --all
whole=$(wc -l <out)
missing=$((all - whole))
check "has what lies before and behind" eval '[ "$missing" -gt 0 ] && [ "$missing" -le 64 ]'
check "up to its end" equal 400 "$(tail -n 1 out | jq .seq)"
says_missing() { # COMMAND...
    exits 0 "$@" && one_error "^arenatop: \./hurt: $missing snapshots? (is|are) damaged, left out$"
}
check "dump says how many are missing" says_missing "$ARENATOP" dump ./hurt --all
check "dump of raw, too" says_missing "$ARENATOP" dump ./hurt --all -f raw -o hurt.raw
check "and has the others" equal "$whole" "$("$ARENATOP" dump ./hurt.raw --all | wc -l)"
gone=$(comm -13 <(tr ' ' '\n' <<<"$(seqs ./hurt 2>/dev/null)" | sort) <(seq 400 | sort) | head -n 1)
echo old >one.raw
check "one of these alone is an error" exits 1 "$ARENATOP" dump ./hurt --seq "$gone" -f raw -o one.raw
check "and takes no file's place" equal old "$(cat one.raw)"
check "report, too" says_missing "$ARENATOP" report ./hurt -o hurt.html
check "batch mode, too" says_missing "$ARENATOP" -b ./hurt
check "and shows the others" equal "$whole" "$(grep -c '^live' out)"
check "record from it" exits 0 "$ARENATOP" record ./hurt -o of-hurt
check "has the others" equal "$whole" "$(seqs ./of-hurt | wc -w)"
check "and counts" matches "^$whole snapshots .*; $missing damaged, left out$" "$(cat out)"

# ---- looking at it ----

check "batch mode shows a recording" exits 0 "$ARENATOP" -b -n 1 ./brief
check "whose it is" matches "synth.* $brief|$brief.*synth" "$(cat out)"
wait_screen_progress() {
    wait_screen '^[0-9]+ snapshots, 0 lost, [0-9.]+[BKMG], [0-9:]+'
}
# A shell around it keeps the terminal open when it ends.
open_terminal 100x10 sh -c 'trap : INT; "$@"; echo "ended $?"; sleep 600' sh "$ARENATOP" record "$synth" -o watched
check "in a terminal it shows how far it is" wait_screen_progress
keys C-c
check "Ctrl-C ends it" wait_screen '^ended 0'
check "with its sum" shows "^[0-9]+ snapshots of $synth \(synth\) to watched, 0 lost, [0-9.]+[BKMG]$"
close_terminal

stop "$synth"
done_testing
