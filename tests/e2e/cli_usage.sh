#!/usr/bin/env bash
# The command line itself: help and version of every command, one line for every mistake, and a full disk behind stdout.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

commands=$("$ARENATOP" --help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p')
check "the help lists commands" matches '^dump$' "$commands"

helps() { # COMMAND...
    exits 0 "$ARENATOP" "$@" --help && equal "" "$(cat err)" && matches '^usage: arenatop' "$(cat out)" &&
        matches '^      --version ' "$(cat out)"
}
for command in "" $commands; do
    check "help of '$command'" helps ${command:+"$command"}
    check "version of '$command'" exits 0 "$ARENATOP" ${command:+"$command"} --version
    check "its one line" equal "arenatop 0.1.0" "$(cat out)"
    check "an unknown option of '$command'" exits 2 "$ARENATOP" ${command:+"$command"} --frobnicate
    check "says so" one_error "${command:+$command: }--frobnicate: no such option.*; see 'arenatop.*--help'$"
    check "nothing on stdout" equal "" "$(cat out)"
done

wrong() { # REGEX WORD...
    local said=$1
    shift
    check "usage: arenatop $*" exits 2 "$ARENATOP" "$@"
    check "says: $said" one_error "$said"
}
wrong '^arenatop: dump: TARGET: missing; see' dump
wrong '^arenatop: dump: x: one word too many; see' dump 1 x
wrong '^arenatop: dmp: no such command; see' dmp x
wrong "^arenatop: dump: --format: 'xml' is not json, csv, openmetrics or raw; see" dump 1 -f xml
wrong "^arenatop: dump: --seq: '-3' is not a number from 1; see" dump 1 --seq -3
wrong '^arenatop: dump: --output: its argument is missing; see' dump 1 -o
wrong '^arenatop: dump: --all and --seq: only one of them; see' dump 1 --all --seq 3
wrong '^arenatop: dump: --all: metrics are of one moment; see' dump 1 --all -f openmetrics
wrong '^arenatop: ls: x: one word too many; see' ls x
wrong '^arenatop: gc: x: one word too many; see' gc x
wrong '^arenatop: run: COMMAND: missing; see' run --conf quiet:true
wrong '^arenatop: TARGET: missing, batch mode cannot ask for one; see' -b
wrong "^arenatop: --delay: '0' is not a number of seconds from 0.01 up to 3600; see" -b -d 0 1
wrong '^arenatop: --frames: only with --batch; see' -n 3 1
wrong "^arenatop: record: --for: '0' is not a number of seconds above 0; see" record 1 -o file --for 0
wrong "^arenatop: --frames: 'x' is not a number from 1; see" -b -n x 1
wrong "^arenatop: dump: --seq: '\\\\x1b\\[31m' is not" dump 1 --seq $'\e[31m'

full_disk() { # COMMAND...
    "$ARENATOP" "$@" >/dev/full 2>err
    equal 1 $?
}
for words in "--help" "--version" "ls" "dump --help"; do
    # shellcheck disable=SC2086 # words
    check "a full disk behind 'arenatop $words'" full_disk $words
    check "is said" one_error '^arenatop: standard output: No space left on device$'
done

done_testing
