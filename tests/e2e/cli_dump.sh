#!/usr/bin/env bash
# dump: the contract's JSON, CSV, metrics and raw segments; --seq and --all; files whole or not at all.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
SYNTH=$BUILD/tests/synth

start synth "$SYNTH" --every 0 --classes 13 --names weird --warnings 2 --unexplained -512
synth=$pid
wait_for "synth" grep -q ^ready synth.out

# ---- JSON ----

keys_of() { # FILTER KEY...: the object has these keys in this order, others may stand between
    local filter=$1 wanted got
    shift
    wanted=$(printf '%s\n' "$@")
    got=$(jq -r "$filter | keys_unsorted[]" json | grep -Fx -- "$wanted")
    equal "$wanted" "$got"
}
check "dump writes JSON" exits 0 "$ARENATOP" dump "$synth"
cp out json
check "one object on one line" equal 1 "$(wc -l <json)"
check "keys of the whole" keys_of . schema pid comm state seq time time_ns mono_ns agent process classes flows arenas threads
check "keys of the agent" keys_of .agent version mode interval_ms jemalloc sample_ns look_ns cpu_ns warnings
check "keys of the process" keys_of .process allocated active metadata resident mapped retained tcached internal \
    stranded unexplained rss limit narenas
check "keys of a class" keys_of '.classes[1]' name mode threads threads_total arenas live cached allocated active dirty \
    muzzy resident mapped retained metadata peak_live alloc_bytes free_bytes released_bytes nmalloc ndalloc
check "keys of a flow" keys_of '.flows[0]' owner freed_by bytes count
check "keys of an arena" keys_of '.arenas[0]' index class threads allocated active dirty muzzy resident mapped retained \
    metadata tcache_bytes nmalloc ndalloc
check "keys of a thread" keys_of '.threads[0]' tid name class alloc_bytes free_bytes
check "every figure is an integer" holds json '[.process, .classes[], .flows[], .arenas[], .threads[] | .[] | numbers
    | select(. != floor)] == []'
check "times are the same time" holds json '(.time | sub("\\.[0-9]+Z$"; "Z") | fromdate) == (.time_ns / 1e9 | floor)'
check "words" holds json '.schema == "arenatop/1" and .state == "live" and .agent.mode == "exact" and
    (.agent.warnings | length == 2 and all(type == "string"))'
check "the books close but for what they say" holds json '.process as $p | $p.unexplained == -512 and
    $p.allocated == ([.classes[].live] | add) + $p.internal + $p.tcached + $p.stranded + $p.unexplained'
check "names of any bytes are strings" holds json '[.classes[].name] | length == 14 and all(type == "string") and
    any(contains("\u001b[31m")) and any(contains("\ufffd"))'
check "the file is UTF-8" iconv -f UTF-8 -t UTF-8 -o /dev/null json
check "flows and threads name classes that are there" holds json '[.classes[].name] as $names |
    all(.flows[]; IN(.owner; $names[]) and IN(.freed_by; $names[])) and all(.threads[]; IN(.class; $names[]))'

# ---- --seq, --all ----

check "a snapshot by its number" exits 0 "$ARENATOP" dump "$synth" --seq 17
check "is that one" holds out '.seq == 17'
check "one that is not there" exits 1 "$ARENATOP" dump "$synth" --seq 4711
check "is told with those that are" one_error "^arenatop: $synth \(synth\): no snapshot 4711; there are 1 to 60$"
check "all of them" exits 0 "$ARENATOP" dump "$synth" --all
check "are one a line, in order" equal "$(seq 60)" "$(jq .seq out)"
start empty "$SYNTH" --every 0 --history 0
empty=$pid
wait_for "a process without snapshots" grep -q ^ready empty.out
check "no snapshot yet" exits 1 "$ARENATOP" dump "$empty"
check "is said" one_error "^arenatop: $empty \(synth\): no snapshot yet; "
kill -KILL "$empty"
wait_for "its end" gone "$empty"
forget "$empty"
check "none ever" exits 1 "$ARENATOP" dump "$empty"
check "is said, too" one_error "^arenatop: $empty \(synth\): no snapshot: it ended before its first$"
check "and by a report" exits 1 "$ARENATOP" report "$empty" -o empty.html
check "in the same words" one_error "^arenatop: $empty \(synth\): no snapshot: it ended before its first$"
check "and by batch mode" exits 1 "$ARENATOP" -b -n 1 "$empty"
check "which does not end without a word" one_error "^arenatop: $empty \(synth\): no snapshot: it ended before its first$"
rm -f "/dev/shm/arenatop.$empty".*

# A ring of four snapshots goes round while dump is held, at each of its looks at the ring in turn: what is left is whole, and
# when nothing is left that is what is said, not that nothing was published.
start quick "$SYNTH" --every 10 --classes 2 --threads 9000 --ring 1M
quick=$pid
wait_for "a quick writer" grep -q ^ready quick.out
held() { # N COMMAND...: from its Nth look on; a look begins and ends with a word about SIGBUS
    local from=$1
    shift
    ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 \
        strace -o /dev/null -e trace=rt_sigaction -e inject=rt_sigaction:delay_enter=200000:when="$((2 * from - 1))+" "$@"
}
overwritten=0
whole_or_said() {
    local from
    for from in 2 3 4 5 6 7 8; do
        held "$from" "$ARENATOP" dump "$quick" --all >all.json 2>all.err && { jq -e .seq all.json >seqs || return 1; continue; }
        equal "arenatop: $quick (synth): overwritten while it was read; ask again" "$(cat all.err)" || return 1
        overwritten=$((overwritten + 1))
    done
}
if held 100 true 2>/dev/null; then
    check "what goes while it is read is left out, or said" whole_or_said
    check "also that nothing is left" [ "$overwritten" -gt 0 ]
else
    skip "what goes while it is read is left out, or said" "strace may not trace here"
fi
stop "$quick"

# ---- CSV ----

check "dump -f csv" exits 0 "$ARENATOP" dump "$synth" -f csv --all
check "one header, one line a class and snapshot" equal $((1 + 60 * 14)) "$(wc -l <out)"
agrees() { # the CSV is the JSON, class by class
    python3 - out json <<'PYTHON'
import csv, json, sys
rows = [row for row in csv.DictReader(open(sys.argv[1], newline='')) if row['seq'] == '60']
snapshot = json.load(open(sys.argv[2]))
assert len(rows) == len(snapshot['classes'])
for row, one in zip(rows, snapshot['classes']):
    assert row['time_ns'] == str(snapshot['time_ns']) and row['pid'] == str(snapshot['pid'])
    assert row['comm'] == snapshot['comm'] and row['mode'] == one['mode']
    for key, value in one.items():
        assert key in ('name', 'why') or row[key] == str(value), (key, row[key], value)
assert list(rows[0])[:6] == ['time_ns', 'seq', 'pid', 'comm', 'name', 'mode']
PYTHON
}
check "the same figures as the JSON" agrees
check "nothing in it steers a terminal" equal "" "$(tr -d '\n -~\200-\377' <out)"

# ---- metrics ----

check "dump -f openmetrics" exits 0 "$ARENATOP" dump "$synth" -f openmetrics
check "ends as OpenMetrics do" equal "# EOF" "$(tail -n 1 out)"
check "a class's live bytes" matches "^arenatop_class_live_bytes\{pid=\"$synth\",comm=\"synth\",class=\"\(unbound\)\"\} [0-9]+$" \
    "$(cat out)"
check "a flow" matches "^arenatop_flow_bytes_total\{pid=\"$synth\",comm=\"synth\",owner=\".*\",freed_by=\".*\"\} [0-9]+$" \
    "$(cat out)"
check "the process is up" matches "^arenatop_up\{pid=\"$synth\",comm=\"synth\"\} 1$" "$(cat out)"
check "each family has one head" equal "" "$(grep '^# TYPE' out | sort | uniq -d)"
start killed "$SYNTH" --every 20
killed=$pid
wait_for "one to be killed" grep -q ^ready killed.out
figures() { # TARGET [OPTION...]: "UP FAMILIES", of which there are figures
    "$ARENATOP" dump "$@" -f openmetrics >out && sed -nE 's/^arenatop_up\{.*\} //p' out | xargs &&
        grep -q ^arenatop_class_live_bytes out && echo figures
}
check "while it runs it is up" equal "1 figures" "$(figures "$killed" | xargs)"
"$ARENATOP" record "$killed" -n 1 -o killed.recording >/dev/null
kill -KILL "$killed"
wait_for "its end" gone "$killed"
forget "$killed"
check "one that was killed is not up, and has no figures" equal 0 "$(figures "$killed" | xargs)"
check "as JSON it has its last ones" eval 'exits 0 "$ARENATOP" dump "$killed" && holds out ".seq >= 60"'
check "who asks for one by its number asks for the past" equal "1 figures" "$(figures "$killed" --seq 60 | xargs)"
check "and so does who names a file" equal "1 figures" "$(figures ./killed.recording | xargs)"
check "a process in its place is another matter" equal 0 "$(figures "$(segments_of "$killed")" | xargs)"
rm -f "$(segments_of "$killed")"
start stopped "$SYNTH" --every 20
stopped=$pid
wait_for "one to be stopped" grep -q ^ready stopped.out
kill -STOP "$stopped"
is_down() {
    equal 0 "$(figures "$stopped" | xargs)"
}
check "one that is stopped goes down, as serve has it" wait_for "its silence" is_down
kill -CONT "$stopped"
stop "$stopped"

# ---- raw ----

same_snapshots() { # FILE: all its snapshots are those of the process
    diff <("$ARENATOP" dump "$synth" --all) <("$ARENATOP" dump "$1" --all)
}
check "dump -f raw --all" exits 0 "$ARENATOP" dump "$synth" -f raw --all -o all.segment
check "is a segment with all snapshots" same_snapshots ./all.segment
check "so is a copy of the segment" eval 'cp "$(segments_of "$synth")" copy.segment && same_snapshots ./copy.segment'
check "dump -f raw --seq" exits 0 "$ARENATOP" dump all.segment -f raw --seq 17 -o one.segment
check "is a segment with that one" eval 'equal 17 "$("$ARENATOP" dump ./one.segment --all | jq .seq)"'

# ---- files that are none of ours, or not any longer ----

fails() { # REGEX FILE
    check "dump of $2 fails" exits 1 "$ARENATOP" dump "$2"
    check "says: $1" one_error "^arenatop: $1"
}
: >zero
mkfifo fifo
head -c 100000 copy.segment >short
cp /bin/sh alien
fails './zero: empty$' ./zero
fails './fifo: not an ordinary file$' ./fifo
fails '/tmp: Is a directory$' /tmp
fails './short: a segment that is damaged or cut short$' ./short
fails './alien: neither a segment nor a recording of arenatop$' ./alien
for lie in version record words; do
    "$SYNTH" --lie $lie --file "lie.$lie"
    check "a segment with a lie ($lie) is refused" exits 1 "$ARENATOP" dump "lie.$lie" --all
    check "in one line" one_error "^arenatop: lie.$lie: "
done
"$SYNTH" --lie snapshot --file lie.snapshot
check "so is a snapshot that lies" exits 1 "$ARENATOP" dump lie.snapshot
check "and is said to" one_error '^arenatop: lie.snapshot: damaged: a snapshot in it breaks the rules of its format$'
check "what stands before the lie is not" exits 0 "$ARENATOP" dump lie.snapshot --seq 59
"$SYNTH" --lie snapshot --history 1 --file lie.only
for format in json csv; do # raw copies what it does not understand
    check "all of a file that has no other ($format)" exits 1 "$ARENATOP" dump lie.only --all -f $format -o only.$format
    check "is nothing" one_error '^arenatop: lie.only: no snapshot in it can be read, all are damaged: 1$'
    check "and nothing is written" [ ! -e only.$format ]
done

# ---- a file is there whole, or not at all ----

check "-o writes the file" exits 0 "$ARENATOP" dump "$synth" -o written
check "whole" holds written '.seq == 60'
check "and says nothing" equal "" "$(cat out err)"
check "-o - is standard output" eval 'exits 0 "$ARENATOP" dump "$synth" -o - && holds out ".seq == 60"'
check "a folder that is not there" exits 1 "$ARENATOP" dump "$synth" -o none/file
check "is named" one_error '^arenatop: none/file: No such file or directory$'
check "a device that is full" exits 1 "$ARENATOP" dump "$synth" -o /dev/full
check "is named too" one_error '^arenatop: /dev/full: No space left on device$'
full_stdout() {
    "$ARENATOP" dump "$synth" >/dev/full 2>err
    equal 1 $? && one_error '^arenatop: standard output: No space left on device$'
}
check "and a full standard output" full_stdout

too_large() {
    echo before >kept
    (ulimit -f 16 && exec "$ARENATOP" dump "$synth" --all -o kept) 2>err
    equal 1 $? && one_error '^arenatop: kept: File too large$' && equal before "$(cat kept)"
}
check "a file that grows too large leaves what was there" too_large
full_disk() { # runs in a mount namespace of its own
    mkdir -p small && mount -t tmpfs -o size=64k none small && echo before >small/kept || return
    "$ARENATOP" dump "$synth" --all -o small/kept 2>err
    equal 1 $? && one_error '^arenatop: small/kept: No space left on device$' && equal before "$(cat small/kept)" &&
        equal kept "$(ls -A small)"
}
export -f full_disk equal one_error
export ARENATOP TMP synth
if [ "$UID" -eq 0 ] && unshare --mount true 2>/dev/null; then
    check "a full disk leaves what was there, and nothing else" unshare --mount bash -c full_disk
else
    skip "a full disk leaves what was there" "needs root and namespaces"
fi
read_only() {
    mkdir -p locked && chmod 555 locked && chmod 755 "$TMP" || return
    setpriv --reuid 65534 --regid 65534 --clear-groups -- "$ARENATOP" dump copy.segment -o locked/file 2>err
    equal 4 $? && one_error '^arenatop: locked/file: Permission denied$'
}
chmod 644 copy.segment
if [ "$UID" -eq 0 ] && command -v setpriv >/dev/null; then
    check "a folder that may not be written is exit code 4" read_only
else
    skip "a folder that may not be written" "needs root and setpriv"
fi
check "nothing half-written is left" equal "" "$(find . -name '.arenatop*')"

# A reader that has enough: quiet, and not a success.
closed_pipe() {
    { "$ARENATOP" dump "$synth" --all 2>err; echo $? >status; } | head -c 10 >/dev/null
    equal "" "$(cat err)" && equal 141 "$(cat status)"
}
check "a reader that goes away ends it without a word" closed_pipe
ignored_pipe() {
    { (trap '' PIPE; "$ARENATOP" dump "$synth" --all 2>err; echo $? >status); } | head -c 10 >/dev/null
    equal "" "$(cat err)" && equal 1 "$(cat status)"
}
check "also where SIGPIPE is ignored" ignored_pipe

# ---- it does no harm ----

check "the process published on" eval 'kill -USR1 "$synth" && wait_dump "$synth" after ".seq == 61"'
stop "$synth"
done_testing
