#!/usr/bin/env bash
# diff: what each class gained between snapshots of processes, recordings, segments and JSON dumps.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
SYNTH=$BUILD/tests/synth
export TZ=UTC

# Class 1 (main) grows by 1 MiB a snapshot, class 2 shrinks by 64 KiB, the third stays.
start synth "$SYNTH" --every 0 --growth 1M,-64K,0
synth=$pid
wait_for "synth" grep -q ^ready synth.out
"$ARENATOP" dump "$synth" --seq 20 -o early.json
"$ARENATOP" dump "$synth" --all -o all.json
"$ARENATOP" record "$synth" -o recording -n 1 >/dev/null &
recorder=$!
wait_for "the recording" eval '[ "$("$ARENATOP" dump ./recording 2>/dev/null | jq .seq)" = 60 ]'
kill -USR1 "$synth"
wait "$recorder"

grew() { # SEQ_BEFORE SEQ_AFTER: out is the right answer
    local steps=$(($2 - $1)) order
    [ "$steps" -gt 0 ] && order='["main","(unbound)","bio_lazy_free","io_thd_*"]' ||
        order='["io_thd_*","(unbound)","bio_lazy_free","main"]'
    holds out ".schema == \"arenatop-diff/1\" and .before.seq == $1 and .after.seq == $2 and .before.pid == $synth and
        [.classes[].name] == $order and (.classes | map({key: .name, value: .}) | from_entries |
        .main.live_growth == $steps * 1048576 and .[\"io_thd_*\"].live_growth == $steps * -65536 and
        .bio_lazy_free.live_growth == 0 and .main.live_after - .main.live_before == .main.live_growth and
        all(.[]; .change == \"stayed\")) and .live_growth == $steps * (1048576 - 65536)"
}
compare() { # SEQ_BEFORE SEQ_AFTER BEFORE AFTER
    exits 0 "$ARENATOP" diff --json "$3" "$4" && grew "$1" "$2"
}
check "two snapshots of a process" compare 10 50 "$synth@10" "$synth@50"
check "a snapshot and the newest" compare 10 61 "$synth@10" "$synth"
check "a dump and a process" compare 20 61 early.json "$synth"
check "a dump and a recording" compare 20 61 early.json ./recording
check "a dump of many, and its last" compare 20 60 early.json all.json
check "one of many, by its number" compare 20 42 early.json all.json@42
check "two of a recording" compare 3 7 recording@3 recording@7
check "backwards" compare 50 10 "$synth@50" "$synth@10"
cp "$(segments_of "$synth")" copy@home
check "a file that has an @ in its name" compare 5 61 copy@home@5 copy@home
time_of() { # SEQ
    jq -r "select(.seq == $1).time" all.json
}
check "a time, in a recording" compare 30 50 "recording@$(time_of 30)" "recording@$(time_of 50)"
check "a time, in a dump" compare 30 50 "all.json@$(time_of 30)" "all.json@$(time_of 50)"
of_day=$(time_of 30)
of_day=${of_day#*T}
check "a time of day" compare 30 61 "recording@${of_day%Z}" "$synth"
rates() {
    exits 0 "$ARENATOP" diff --json "$synth@10" "$synth@50" && holds out '.elapsed_ns == 40000000000 and
        (.classes[] | select(.name == "main") | .live_growth_per_s == 1048576 and .alloc_bytes_growth > .live_growth)'
}
check "rates are by second" rates

reads() {
    exits 0 "$ARENATOP" diff "$synth@10" "$synth@50" && equal "" "$(cat err)" &&
        matches "^before +synth $synth +#10 +20..-..-..T" "$(cat out)" && matches "^after +synth $synth +#50 " "$(cat out)" &&
        matches '^ +00:40 later$' "$(cat out)" &&
        matches '^CLASS +GREW +/s +BEFORE +AFTER$' "$(cat out)" &&
        matches '^main +\+40\.0M +\+1\.00M +58\.0M +98\.0M$' "$(cat out)" &&
        matches '^io_thd_\* +-2\.50M +-64\.0K ' "$(cat out)" && matches '^bio_lazy_free +0 +0 ' "$(cat out)" && matches '^all +\+37\.5M ' "$(cat out)"
}
check "a person can read it" reads

start other "$SYNTH" --every 0 --classes 2 --names long
other=$pid
wait_for "another process" grep -q ^ready other.out
came_and_went() {
    exits 0 "$ARENATOP" diff --json "$synth" "$other" && holds out '.elapsed_ns == null and
        ([.classes[] | select(.change == "new")] | length == 2 and all(.live_growth > 0 and .live_before == 0)) and
        ([.classes[] | select(.change == "gone")] | length == 3 and all(.live_growth < 0 and .live_after == 0)) and
        all(.classes[]; .live_growth_per_s == null)'
}
check "classes that are new and gone" came_and_went
check "and says so" eval 'exits 0 "$ARENATOP" diff "$synth" "$other" && matches "^main .* gone$" "$(cat out)" && matches " new$" "$(cat out)"'
stop "$other"

start estimates "$SYNTH" --every 0 --flow-class 1
estimates=$pid
wait_for "a class in flow mode" grep -q ^ready estimates.out
"$ARENATOP" dump "$estimates" -o estimates.json
marks() { # BEFORE AFTER
    exits 0 "$ARENATOP" diff "$1" "$2" && matches '^main .* estimate$' "$(cat out)" &&
        equal 1 "$(grep -c estimate out)" && exits 0 "$ARENATOP" diff --json "$1" "$2" &&
        holds out '[.classes[] | select(.estimate) | .name] == ["main"]'
}
check "a class that is an estimate is marked" marks "$estimates@10" "$estimates"
check "in a dump, too" marks estimates.json estimates.json
stop "$estimates"

# shellcheck disable=SC2016 # for the other shell
pipes() { # BEFORE_ARGUMENTS AFTER_ARGUMENTS MOMENT
    exits 0 bash -c '"$0" diff --json <("$0" dump $1) <("$0" dump $2)$3' "$ARENATOP" "$@"
}
check "dumps through pipes" pipes "$synth --seq 20" "$synth" ""
check "are compared as in files" grew 20 61
check "also by a time, of many" eval 'pipes "$synth --seq 20" "$synth --all" "@$(time_of 30)" && grew 20 30'
# shellcheck disable=SC2016
check "a pipe with anything else" exits 1 bash -c '"$0" diff <("$0" dump "$1" -f csv) "$1"' "$ARENATOP" "$synth"
check "is told from a file that is not there" one_error \
    '^arenatop: /dev/fd/[0-9]+: a pipe; only a JSON dump is read from one, by diff; give a file$'
# shellcheck disable=SC2016
check "so it is elsewhere" exits 1 bash -c '"$0" dump <("$0" dump "$1")' "$ARENATOP" "$synth"
check "in the same words" one_error '^arenatop: /dev/fd/[0-9]+: a pipe; only a JSON dump is read from one, by diff; give a file$'

# ---- the verdict of a CI job ----

check "--fail-over that holds" exits 0 "$ARENATOP" diff "$synth@10" "$synth@50" --fail-over 40M
check "--fail-over that does not" exits 5 "$ARENATOP" diff "$synth@10" "$synth@50" --fail-over 41943039
check "names the class" one_error '^arenatop: main: grew by 40\.0M, 1B more than the 40\.0M that --fail-over allows$'
check "and the comparison is there all the same" matches '^main +\+40\.0M' "$(cat out)"
check "--fail-over 0 finds any growth" exits 5 "$ARENATOP" diff "$synth@10" "$synth@11" --fail-over 0 --json
check "a class that shrank is none" exits 0 "$ARENATOP" diff "$synth@50" "$synth@49" --fail-over 70000

# ---- what cannot be compared ----

refuses() { # STATUS REGEX WORD...
    local status=$1 said=$2
    shift 2
    check "diff $* is refused" exits "$status" "$ARENATOP" diff "$@"
    check "says: $said" one_error "$said"
}
echo '{"schema":"other/1"}' >other.json
echo '{"schema":"arenatop/2","classes":[]}' >later.json
echo '{"schema":"arenatop/1","classes":[' >broken.json
echo '{"schema":"arenatop/1","classes":[{"name":7,"live":"x"},3]}' >odd.json
refuses 2 '^arenatop: diff: BEFORE or AFTER: missing; see' early.json
refuses 2 "^arenatop: $synth@noon: neither a snapshot's number nor a time" "$synth@noon" "$synth"
refuses 1 '^arenatop: recording: no snapshot 4711$' recording@4711 recording
refuses 1 '^arenatop: all.json: no snapshot 4711$' all.json@4711 recording
refuses 1 '^arenatop: recording: no snapshot as early as 2001-01-01T00:00$' recording@2001-01-01T00:00 recording
refuses 1 '^arenatop: all.json: no snapshot as early as 2001-01-01T00:00$' all.json@2001-01-01T00:00 recording
refuses 1 '^arenatop: later.json: a dump of another version, arenatop/2; this arenatop reads arenatop/1$' later.json recording
refuses 1 '^arenatop: other.json: JSON, but no dump of arenatop$' other.json recording
refuses 1 '^arenatop: broken.json: damaged JSON: ' early.json broken.json
refuses 3 '^arenatop: 2147483647: no such process' early.json 2147483647
cp /bin/sh alien
refuses 1 '^arenatop: ./alien: neither a segment nor a recording' early.json ./alien
# As many classes as no agent has: to look each up among all others would take hours.
jq -cn '{schema: "arenatop/1", classes: [range(4097) | {name: "c\(.)"}]}' >many.json
refuses 1 '^arenatop: many.json: 4097 classes; a dump of arenatop has at most 4096$' many.json many.json
jq -c '.classes |= .[1:]' many.json >most.json
check "as many as may be are compared" eval 'exits 0 "$ARENATOP" diff --json most.json most.json &&
    holds out ".classes | length == 4096 and all(.change == \"stayed\")"'
check "odd figures do no harm" exits 0 "$ARENATOP" diff early.json odd.json

stop "$synth"
done_testing
