#!/usr/bin/env bash
# proto/arenatop.h is enough to write a reader: one that knows nothing else finds in a segment what a dump says.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
SYNTH=$BUILD/tests/synth

# same FILE: that reader and dump, of the same copy of a segment. How many snapshots, and from which position, is in FILE.said.
same() {
    "$ARENATOP" dump "./$1" --all -o "$1.jsonl" &&
        python3 "$ROOT/tests/e2e/format_reader.py" "$ROOT/proto/arenatop.h" "$1" "$1.jsonl" >"$1.said"
}

"$SYNTH" --classes 5 --threads 3 --arenas 4 --flows 9 --warnings 2 --unexplained -512 --stranded 64 --file made
check "made figures, each another" same made
"$SYNTH" --classes 60 --threads 20 --history 100 --file round
check "a ring that has gone round, with what fills its end" same round
check "it has gone round" matches "from [1-9]" "$(cat round.said)"
"$SYNTH" --mode flow --reason 1 --threads 0 --flows 0 --end keep --file estimates
check "estimates, and an end" same estimates

# A real one, whole: its first snapshot, its last, and size classes in some.
ARENATOP_CONF=interval_ms:10,keep:true,ring_bytes:1048576 start_watched demo "$WORKLOADS/demo-server" --seconds 2
check "the demo server ends" wait_for "its end" gone "$pid"
mv "$(segments_of "$pid")" real
check "a real process" same real
check "size classes are in some of its snapshots, not in all" holds real.jsonl \
    '[.[] | has("sizes")] | any and (all | not)' --slurp
done_testing
