#!/usr/bin/env bash
# Conformance: what programs can observe of threads, processes, signals, errno and memory is the same with the agent and
# without, to the byte (tests/workloads/conform_*.c). Each case runs alone; under the agent at once; when it is watched, and
# looks for peaks come every millisecond; and in flow mode.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

export ARENATOP_RULES='' MALLOC_CONF=''
cases=0

# says FILE [NAME=VALUE...]: what the program says, in that company.
says() {
    local file=$1
    shift
    env "$@" timeout 200 "$program" >"$file.all" 2>&1
    words "$file.all" >"$file"
}

same() { # FILE
    cmp -s alone.out "$1" || { diff -U 3 alone.out "$1" | head -n 80; return 1; }
}

ran() {
    grep -E '^[0-9]+ cases$' alone.out | cut -d' ' -f1
}

# Nothing that is the same because nothing worked: no case was given up, and none was stopped.
worked() {
    ! grep -nE 'cannot go on|^== .*: SIGALRM' alone.out | grep -v ':== own-end' && [ -n "$(ran)" ]
}

agent=LD_PRELOAD="$AGENT $JEMALLOC"
for program in "$WORKLOADS"/conform_*; do
    [ -x "$program" ] && [ "${program%.d}" = "$program" ] || continue
    name=${program##*/}
    says alone.out LD_PRELOAD="$JEMALLOC"
    check "$name alone" worked || continue
    cases=$((cases + $(ran)))
    says quick.out "$agent"
    check "$name: $(ran) cases, the same with the agent" same quick.out
    # No snapshot falls into a case: a child of raw clone may not find jemalloc's locks taken, as of any other thread.
    says watched.out "$agent" CONFORM_DELAY_MS=120 ARENATOP_CONF=interval_ms:60000,peak_ms:1,quiet:true
    check "$name: $(ran) cases, the same when watched" same watched.out
    says flow.out "$agent" ARENATOP_CONF=mode:flow,quiet:true
    check "$name: $(ran) cases, the same in flow mode" same flow.out
done
check "$cases cases in all" [ "$cases" -ge 550 ]
done_testing
