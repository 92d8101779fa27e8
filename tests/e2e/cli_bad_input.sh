#!/usr/bin/env bash
# Files that are not what they should be, before every command that reads one: one clear line, the right status, at once.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
SYNTH=$BUILD/tests/synth

"$SYNTH" --file segment --history 30
"$ARENATOP" record ./segment -o recording >/dev/null
"$ARENATOP" dump ./segment -o dump.json
: >empty
mkdir folder
mkfifo fifo
ln -s loop loop
echo "many years of letters" >letters
cp /bin/true program
"$SYNTH" --file newer-segment --lie version
cp recording newer-recording
printf '\xff' | dd of=newer-recording bs=1 seek=16 conv=notrunc status=none
head -c 3000 segment >segment-head
head -c 100000 segment >segment-part
head -c 100 recording >recording-head
printf '{"schema":"arenatop/1"' >cut.json

# refused STATUS REGEX COMMAND...: at once, in one line, with nothing on stdout, and no file made.
refused() {
    local status=$1 said=$2
    shift 2
    exits "$status" timeout "$WAIT_S" "$ARENATOP" "$@" && one_error "$said" && equal "" "$(cat out)" && ! [ -e made ]
}
everywhere() { # FILE REGEX: whatever is to be done with it
    check "$1 is not shown" refused 1 "$2" -b -n 1 "./$1"
    check "nor dumped" refused 1 "$2" dump "./$1" -o made
    check "nor dumped raw" refused 1 "$2" dump "./$1" -f raw --all -o made
    check "nor recorded" refused 1 "$2" record "./$1" -o made
    check "nor compared" refused 1 "$2" diff dump.json "./$1"
}
strange=': neither a segment nor a recording of arenatop$'
newer=': written by another version, format [0-9]+; this arenatop reads format [0-9]+$'
everywhere empty '^arenatop: \./empty: empty$'
everywhere folder '^arenatop: \./folder: Is a directory$'
everywhere fifo '^arenatop: \./fifo: not an ordinary file$'
everywhere loop '^arenatop: \./loop: Too many levels of symbolic links$'
everywhere missing '^arenatop: \./missing: No such file or directory$'
everywhere letters "$strange"
everywhere program "$strange"
everywhere newer-segment "$newer"
everywhere newer-recording "$newer"
everywhere segment-head ': a segment that is damaged or cut short$'
everywhere segment-part ': a segment that is damaged or cut short$'
everywhere recording-head ': a recording that is damaged or cut short$'
check "half a dump is not compared" refused 1 '^arenatop: cut\.json: damaged JSON: ' diff dump.json cut.json

onto() { # FILE REGEX: what cannot become a recording stays as it is
    check "$1 does not become a recording" exits 1 timeout "$WAIT_S" "$ARENATOP" record ./segment -o "$1"
    check "and that is said" one_error "$2"
}
onto fifo '^arenatop: fifo: not an ordinary file$'
onto folder '^arenatop: folder: Is a directory$'
onto loop '^arenatop: loop: Too many levels of symbolic links$'
onto letters '^arenatop: letters: is there and is no recording; it stays as it is$'
onto segment '^arenatop: segment: is there and is no recording; it stays as it is$'
onto newer-recording '^arenatop: newer-recording: a recording that is damaged or of a newer version; give another file$'
check "letters stay letters" equal "many years of letters" "$(cat letters)"

# One snapshot that breaks the rules takes no other with it.
"$SYNTH" --file spoilt --history 30 --lie snapshot
left_out='^arenatop: \./spoilt: 1 snapshot is damaged, left out$'
check "what is whole is dumped" exits 0 "$ARENATOP" dump ./spoilt --all
check "and counted" equal 29 "$(wc -l <out)"
check "what is not is told" one_error "$left_out"
check "and alone refused" refused 1 'breaks the rules of its format$' dump ./spoilt --seq 30
check "batch mode shows the others" exits 0 "$ARENATOP" -b ./spoilt
check "and says so" one_error "$left_out"
check "but of it alone there is nothing" refused 1 'breaks the rules of its format$' -b -n 1 ./spoilt
check "a report is made of the others" exits 0 "$ARENATOP" report ./spoilt -o page.html
check "and says so" one_error "$left_out"

done_testing
