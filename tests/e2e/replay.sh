#!/usr/bin/env bash
# Every fuzz target over what it starts from, what it once found, what once broke it, and some inputs made of these at random: REPLAY_ROUNDS.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

# A hang is found by it; slow targets take a tenth of a second an input on a loaded machine.
readonly limit_s=$((300 + ${REPLAY_ROUNDS:-0} / 10))

replay() { # NAME
    local folders=() folder
    local archive=$ROOT/tests/fuzz/corpus/$1.tar.gz
    mkdir "$1"
    [ ! -f "$archive" ] || tar -xzf "$archive" -C "$1" || return 1
    for folder in "$PWD/$1" "$ROOT/tests/fuzz/corpus/$1" "$ROOT/tests/fuzz/regressions/$1"; do
        [ ! -d "$folder" ] || folders+=("$folder")
    done
    timeout -k 5 "$limit_s" "$BUILD/tests/replay/$1" "${folders[@]}" >replayed 2>&1
    local status=$?
    tail -n 50 replayed
    [ "$status" -eq 0 ] && [ "$(grep -c '^ok ' replayed)" -eq 2 ]
}

names=("$ROOT"/tests/fuzz/fuzz_*.c)
for name in "${names[@]}"; do
    name=${name##*/fuzz_}
    check "${name%.c}" replay "${name%.c}"
done
done_testing
