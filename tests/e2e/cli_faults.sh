#!/usr/bin/env bash
# A disk that fails, and a viewer that is killed: at each call, at each system call. What was finished is there, what was not
# is not, and it is said. LONG=1 tries every one.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
SYNTH=$BUILD/tests/synth
kill_at=$BUILD/tests/kill_at

"$SYNTH" --file copy --history 12 || bail "no segment to read"
cp copy kept
tries=0 struck=0

# ---- what must be so afterwards ----

# The numbers of a recording's snapshots, on one line.
seqs() {
    "$ARENATOP" dump "$1" --all | jq .seq | xargs
}

# recorded_well [LEAST]: the recording is not there, empty, or opens with snapshots 1, 2, 3 and so on, LEAST of them.
recorded_well() {
    local least=${1:-0} got
    if [ ! -s out.recording ]; then
        [ "$least" -eq 0 ] || { echo "nothing is there, of $least"; return 1; }
        return 0
    fi
    if [ "$(stat -c %s out.recording)" -lt "$head_bytes" ]; then
        [ "$least" -eq 0 ] || { echo "no head is there, and $least snapshots should be"; return 1; }
        return 0
    fi
    got=$(seqs ./out.recording 2>dump.err) || { grep -q 'no snapshot in it' dump.err && [ "$least" -eq 0 ] && return 0; cat dump.err; return 1; }
    equal "$(seq "$(wc -w <<<"$got")" | xargs)" "$got" || return 1
    [ "$(wc -w <<<"$got")" -ge "$least" ] || { echo "$least were written, there are: $got"; return 1; }
}

# whole FILE: as a sound run makes it, or as it was before.
whole() {
    cmp -s "$1" "good.${1#out.}" || equal "old" "$(cat "$1")"
}

nothing_left() {
    equal "" "$(find . -maxdepth 1 -name '.arenatop-*')"
}

# ---- sound runs ----

# make_it KIND [COMMAND...]: one output anew; the command stands before the program.
make_it() {
    local kind=$1
    shift
    case $kind in
    recording) "$@" "$ARENATOP" record ./copy -o out.recording ;;
    json) "$@" "$ARENATOP" dump ./copy --all -o out.json ;;
    csv) "$@" "$ARENATOP" dump ./copy --all -f csv -o out.csv ;;
    raw) "$@" "$ARENATOP" dump ./copy --all -f raw -o out.raw ;;
    html) "$@" "$ARENATOP" report ./copy -o out.html ;;
    esac >said.out 2>said.err </dev/null
}
kinds=(recording json csv raw html)
begin() { # KIND
    rm -f out.*
    [ "$1" = recording ] || echo old >"out.$1"
}
for kind in "${kinds[@]}"; do
    begin "$kind"
    check "$kind: a sound run" make_it "$kind"
    mv "out.$kind" "good.$kind"
done
head_bytes=$(od -An -tu4 -j4 -N4 good.recording)
head_bytes=$((head_bytes + 8))
everything=$(wc -w <<<"$(seqs ./good.recording)")
check "all is recorded" equal 12 "$everything"

# ---- in which order things come to the disk ----

# order KIND: the calls that matter, each run of equal ones once.
order() {
    rm -f faults
    begin "$1"
    make_it "$1" env LD_PRELOAD="$WORKLOADS/faults.so" FAULT_IN=/arenatop FAULT_LOG="$PWD/faults"
    grep -xE 'p?write|f(data)?sync|rename' faults | uniq | xargs
}
if [ -z "${SANITIZE:-}" ]; then
    for kind in json csv raw html; do
        check "$kind: its bytes, then its name, then the folder" equal "write fsync rename fsync" "$(order "$kind")"
    done
    # The head, the file and its folder; then entries, and the disk is asked at each key and at the end.
    check "a recording: its name first, keys now and then" equal "pwrite fsync pwrite fdatasync pwrite fsync" "$(order recording)"
fi

# ---- calls that fail ----

# faulted KIND CALL AT ERRNO: all is well though the AT-th such call fails. 2: it was never made.
faulted() {
    local kind=$1 status
    begin "$kind"
    rm -f faults
    make_it "$kind" env LD_PRELOAD="$WORKLOADS/faults.so" FAULT_IN=/arenatop FAULT_CALL="$2" FAULT_AT="$3" \
        FAULT_ERRNO="$4" FAULT_LOG="$PWD/faults"
    status=$?
    [ -s faults ] || return 2
    tries=$((tries + 1)) struck=$((struck + $(wc -l <faults)))
    nothing_left || return 1
    if [ "$status" -eq 0 ]; then
        equal "" "$(cat said.err)" || return 1
        [ "$kind" = recording ] || cmp "out.$kind" "good.$kind" || return 1
        [ "$kind" != recording ] || recorded_well "$everything" || return 1
    else
        [ "$status" -le 4 ] && equal 1 "$(wc -l <said.err)" && matches '^arenatop: .*: ' "$(cat said.err)" || return 1
        [ "$kind" != recording ] || recorded_well || return 1
        [ "$kind" = recording ] || whole "out.$kind" || return 1
    fi
}

# Every call of a kind in turn, until there are no more; where there are very many, further and further apart.
each_call() { # KIND CALL ERRNO
    local at=1 result
    while [ "$at" -lt 5000 ]; do
        faulted "$1" "$2" "$at" "$3"
        result=$?
        [ "$result" -ne 2 ] || return 0
        if [ "$result" -ne 0 ]; then
            echo "$1 with $2 number $at failing: status, then what it said:"
            cat said.err
            return 1
        fi
        at=$((at < 20 || ${#LONG} > 0 ? at + 1 : at * 2))
    done
}
LONG=${LONG:-}

if [ -z "${SANITIZE:-}" ]; then
    for kind in "${kinds[@]}"; do
        # The name of each call, and what a disk, or a kernel without memory, says: EIO, ENOSPC, EDQUOT, ENOMEM, EMFILE.
        for fault in write:28 write:5 pwrite:28 pwrite:5 fsync:5 fsync:28 fdatasync:5 ftruncate:5 rename:28 rename:5 \
            mkostemp:28 fchmod:5 flock:37 fstat:5 open:24 open:28 openat:24 read:5 pread:5 mmap:12 stat:5 getdents64:5; do
            check "$kind: ${fault%:*} fails, ${fault#*:}" each_call "$kind" "${fault%:*}" "${fault#*:}"
        done
    done
    check "calls were met" [ "$struck" -ge 100 ]
    echo "# $tries cases of calls that fail, $struck faults"
else
    skip "calls that fail" "a sanitizer's library must be the first"
fi

# ---- killed ----

# killed KIND AT: all is well though it was killed at that stop. 2: it had ended.
killed() {
    local kind=$1 status stops writes
    begin "$kind"
    make_it "$kind" "$kill_at" "$2" stops
    status=$?
    read -r stops writes <stops
    [ "$status" -eq 137 ] || return 2
    kills=$((kills + 1))
    rm -f .arenatop-* # nobody can remove what a kill leaves
    if [ "$kind" = recording ]; then
        recorded_well $((writes > 1 ? writes - 1 : 0))
    else
        whole "out.$kind"
    fi
}
each_kill() { # KIND STEP
    local at=1 result
    while killed "$1" "$at" || { result=$?; [ "$result" -ne 2 ] || return 0; false; }; do
        at=$((at + $2))
    done
    echo "$1 killed at stop $at"
    return 1
}
kills=0
for kind in "${kinds[@]}"; do
    check "$kind: killed at a system call" each_kill "$kind" "$([ -n "$LONG" ] && echo 1 || echo 13)"
done
check "kills were met" [ "$kills" -ge 100 ]
echo "# $kills kills"
check "what was read is as it was" cmp copy kept
done_testing
