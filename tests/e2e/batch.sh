#!/usr/bin/env bash
# Batch mode: frames as plain text.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/view.bash
. "$ROOT/tests/e2e/view.bash"

segment redis --classes 3

batch() {
    exits 0 "$ARENATOP" -b "$@"
}

stamps() { # of the frames
    grep -oE '[0-9]{2}:[0-9]{2}:[0-9]{2}' "$TMP/out"
}

check "a file's newest frame" batch -n 1 ./redis
check "is this" equal "$(cat <<'END'
redis-server 4711  up 01:00  ■ file  2026-09-21 14:14:20  exact           RSS 159.0M of 512.0M ▇▇▇░░░░░░░ 31.0%  books ✓
live 142.4M ▁▂▂▂▄▅▅▅▇███ +109.6K/s  cached 160.0K  dirty 1.19M  fragm. 3.0%  retained 77.5M  agent 0.03% cpu  2 warnings
███████████████████████████████████████ main 108.0M ▒▒▒▒▒ bio_lazy_free 16.0M ▓▓▓▓▓ io_thd_* 14.4M ··· allocator 8.53M
  CLASS          THR   LIVE▾      Δ/s  ALLOC/s  FREE/s  GIVEN/s  TAKEN/s    PEAK  CACHED   DIRTY     RES  60 s
  main             2  108.0M  +819.2K    13.0M   6.20M    8.00M    2.00M  108.0M   32.0K  256.0K  111.9M    ▁▁▂▃▃▄▅▆▆▇██
  bio_lazy_free    2   16.0M  -204.8K    4.00M   10.2M    2.00M    8.00M   18.0M   64.0K  512.0K   17.3M    ▂█▇▁▂█▇▁▂█▇▁
  io_thd_*         2   14.4M  -504.8K    8.00M   8.49M    4.00M    4.00M   32.0M   48.0K  384.0K   15.5M    ███▇▅▅▅▄▂▂▂▁
  (unbound)        0   4.00M        0        0       0        0        0   4.00M   16.0K   64.0K   6.34M    ▅▅▅▅▅▅▅▅▅▅▅▅
END
)" "$(cat "$TMP/out")"
check "nothing on stderr" test ! -s "$TMP/err"

# created_time_ns of the header, at 72: the clock was set since.
cp redis clock-was-set
printf '\0\0\0\0\0\0\0\0' | dd of=clock-was-set bs=1 seek=72 conv=notrunc status=none
check "a process whose clock was set" batch -n 1 ./clock-was-set
check "is as old as it was" grep -q '^redis-server 4711  up 01:00 ' "$TMP/out"

check "the last three" batch -n 3 ./redis
check "are three frames" equal "14:14:18 14:14:19 14:14:20" "$(stamps | paste -sd' ')"
check "apart by blank lines" equal 2 "$(grep -c '^$' "$TMP/out")"
check "all of them" batch ./redis
check "are sixty" equal 60 "$(grep -c '^live' "$TMP/out")"

check "in ASCII" env LC_ALL=C bash -c '"$0" -b -n 1 ./redis >out; ! LC_ALL=C grep -q "[^ -~]" out && grep -q "LIVEv" out' "$ARENATOP"
check "COLUMNS says how wide" env COLUMNS=60 bash -c '"$0" -b -n 1 ./redis >out; [ "$(wc -L <out)" -le 60 ]' "$ARENATOP"
check "nonsense in COLUMNS does not" env COLUMNS=x bash -c '"$0" -b -n 1 ./redis >out; [ "$(wc -L <out)" -gt 100 ]' "$ARENATOP"

# ---- a process ----

start live "$SYNTH" --comm batched --every 50 --interval 50 --at-most 600
wait_for "the process" grep -q ready live.out
check "five frames of a process" batch -n 5 batched
check "are five different ones" equal 5 "$(grep '^live' "$TMP/out" | sort -u | wc -l)"
check "rates from the first" equal 0 "$(grep -c 'main .* - ' "$TMP/out")"

started=$(date +%s%N)
check "with a delay" batch -n 3 -d 0.4 batched
elapsed_ms=$((($(date +%s%N) - started) / 1000000))
check "it takes its time" test "$elapsed_ms" -ge 800

: >"$TMP/out"
exits 0 "$ARENATOP" -b batched &
batch=$!
wait_for "its first frame" test -s "$TMP/out"
stop "$pid"
check "it ends when the process does" wait "$batch"

start killed "$SYNTH" --comm slain --every 0 --at-most 600 --end kill
wait_for "the process" grep -q ready killed.out
: >"$TMP/out"
exits 0 "$ARENATOP" -b slain &
batch=$!
wait_for "its first frame" test -s "$TMP/out"
stop "$pid"
check "it ends with one that is killed" wait "$batch"
check "whose last frame says so" matches 'slain .* gone ' "$(grep '^arenatop\|^slain' "$TMP/out" | tail -n 1)"
check "once" equal 1 "$(grep -c 'It was killed, crashed or became another program' "$TMP/out")"

# Silent, as one that was stopped: its last figures, at the same pace, and that it is.
start still "$SYNTH" --comm stopped --every 0 --silent
wait_for "the process" grep -q ready still.out
check "a silent process" batch -n 3 -d 0.1 stopped
check "has frames, too" equal 3 "$(grep -c '^live' "$TMP/out")"
check "that say so" equal 1 "$(tail -n 12 "$TMP/out" | grep -c 'stopped .* silent ')"
stop "$pid"
start begun "$SYNTH" --comm begun --every 0 --silent --history 0
wait_for "the process" grep -q ready begun.out
check "silent from the start" exits 1 "$ARENATOP" -b -n 1 begun
check "is one line" one_error "process $pid: no snapshot, and no sign of life"
stop "$pid"

(
    wait_for "arenatop to wait" pgrep -f "^$ARENATOP -b -n 1 --wait awaited"
    exec "$SYNTH" --comm awaited --at-most 20 --count 3
) >/dev/null 2>&1 &
check "--wait waits" batch -n 1 --wait awaited
check "and gets its frame" grep -q '^  main' "$TMP/out"
wait
check "not for a file" exits 1 timeout 100 "$ARENATOP" -b -n 1 --wait ./nothere
check "which is there or not" one_error '^arenatop: \./nothere: '

# ---- refused ----

check "no target" exits 2 "$ARENATOP" -b
check "is one line" one_error 'TARGET: missing'
check "no such process" exits 3 "$ARENATOP" -b no-such-process
check "is one line" one_error 'no-such-process'
check "no such file" exits 1 "$ARENATOP" -b ./nowhere
check "is one line" one_error 'nowhere'
check "a full disk" exits 1 bash -c '"$0" -b -n 1 ./redis >/dev/full' "$ARENATOP"
check "is one line, that says why" one_error '^arenatop: standard output: No space left on device$'
check "many frames, too" exits 1 bash -c '"$0" -b ./redis >/dev/full' "$ARENATOP"
check "is one line, that says why" one_error '^arenatop: standard output: No space left on device$'
check "a reader that goes away ends it" bash -c '"$0" -b ./redis | head -n 1 >/dev/null; [ "${PIPESTATUS[0]}" -ne 0 ]' "$ARENATOP"

done_testing
