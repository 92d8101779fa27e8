#!/usr/bin/env bash
# What arenas hold by size class: read of the same epoch as all else, so that it adds up, and not in every snapshot.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/agent.bash
. "$ROOT/tests/e2e/agent.bash"

export ARENATOP_CONF=interval_ms:50 ARENATOP_RULES=''

# A thread that has come to rest holds one block of 100,000 bytes, for which jemalloc takes 114,688; (main holds one too).
start_watched threads "$WORKLOADS/threads" self:io_1 self:io_2 self:io_3
check "it comes to rest" wait_for ready grep -qx ready threads.out
# The sizes after it has come to rest: no more than 30 snapshots lie between two.
next_dump "$pid" before.json
seq=$(jq .seq before.json)
check "and a second goes by" wait_dump "$pid" later.json ".seq > $((seq + 45))"
"$ARENATOP" dump "$pid" --all -o all.json
jq -c 'select(.sizes)' all.json >with.json

# One object a line: the newest that has them.
tail -n 1 with.json >last.json
check "it is one of those taken since" holds last.json ".seq >= $seq"
# shellcheck disable=SC2016 # jq's variables
check "each block is in its size class" holds last.json '
    [.arenas[] | select(.class == "io_*") | .index] as $io
    | [.sizes[] | select(.size == 114688 and .kind == "large" and (.arena | IN($io[]))) | .blocks] | add == 3'

# shellcheck disable=SC2016
adds_up='all(.arenas[]; . as $arena
    | .allocated == ([$s.sizes[] | select(.arena == $arena.index) | .size * .blocks] | add // 0))'
everywhere() {
    jq -se "all(.[]; . as \$s | $adds_up)" with.json
}
check "in every arena they add up to what it has allocated" everywhere
check "slabs hold at least what is in them" holds last.json 'all(.sizes[]; .held >= .size * .blocks)'
check "of a large class just that" holds last.json 'all(.sizes[] | select(.kind == "large"); .held == .size * .blocks)'
check "what is in use was allocated and not freed" holds last.json 'all(.sizes[]; .nmalloc - .ndalloc == .blocks)'
check "only what is in use is there" holds last.json 'all(.sizes[]; .blocks > 0)'
check "the first snapshot has them" equal 1 "$(jq -n 'first(inputs) | if .sizes then 1 else 0 end' all.json)"
# By the clock that says when they are due, half an interval sooner at most.
check "then no more than one a second" holds <(jq -sc . with.json) \
    '. as $all | all(range(1; length); $all[.].mono_ns - $all[. - 1].mono_ns >= 1e9 - $all[.].agent.interval_ns / 2)'

check "it ends" stop "$pid"
check "with its own status" equal 0 "$status"

check "the last snapshot of a clean end, whenever the one before came" last_snapshot kept.json self:io_1
check "has them" holds kept.json '.sizes | length > 0'
done_testing
