# bench.bash: what the benches have in common. Sourced by bash, after ROOT and BUILD are known:
#
#   pairs N PLAIN OTHER     runs the two commands in turn, N times; each prints a number. Sets `ratio` and `spread` (of the
#                           ratios: median, first and third quartile) and `plain`, `other` (medians)
#   row WHAT GOAL GOT SPREAD HOW   a line of the table; GOAL is "<= 1.08", ">= 0.99" or "-" (nothing to be met)
# shellcheck shell=bash disable=SC2034

BUILD=$(cd "${BUILD:-build}" && pwd) || exit 1
LOAD=$BUILD/tests/load
AGENT=$BUILD/libarenatop.so
ARENATOP=$BUILD/arenatop
JEMALLOC=libjemalloc.so.2
# Its own messages would be somebody's output.
export LC_ALL=C ARENATOP_RULES=''
unset MALLOC_CONF ARENATOP_CONF

plainly() {
    LD_PRELOAD=$JEMALLOC "$@"
}

watched() {
    LD_PRELOAD="$AGENT $JEMALLOC" ARENATOP_CONF="${CONF:-quiet:true}" "$@"
}

# quartiles: of the numbers on stdin: median, first, third.
quartiles() {
    sort -g | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)], v[int((NR + 3) / 4)], v[int((3 * NR + 3) / 4)] }'
}

median() {
    quartiles | cut -d' ' -f1
}

pairs() {
    local times=$1 i a b ratios=() as=() bs=()
    for ((i = 0; i < times; i++)); do
        # Whoever goes first may find the machine warmer or colder.
        if ((i % 2)); then a=$($2) b=$($3); else b=$($3) a=$($2); fi
        as+=("$a") bs+=("$b")
        ratios+=("$(awk -v a="$a" -v b="$b" 'BEGIN { printf "%.4f", (a > 0 ? b / a : 0) }')")
    done
    plain=$(printf '%s\n' "${as[@]}" | median) other=$(printf '%s\n' "${bs[@]}" | median)
    local first third
    read -r ratio first third < <(printf '%s\n' "${ratios[@]}" | quartiles)
    spread="$(printf '%.3f' "$first") to $(printf '%.3f' "$third")"
}

met() { # GOAL GOT
    awk -v goal="$1" -v got="$2" 'BEGIN {
        if (split(goal, part, " ") < 2) print "-"
        else if (part[1] == "<=") print got + 0 <= part[2] + 0 ? "yes" : "NO"
        else print got + 0 >= part[2] + 0 ? "yes" : "NO" }'
}

row() {
    local line
    line=$(printf '%s\t%s\t%s\t%s\t%s\t%s' "$1" "$2" "$3" "$4" "$(met "$2" "$3")" "$5")
    echo "$line"
    [ -z "${BENCH_TABLE:-}" ] || echo "$line" >>"$BENCH_TABLE"
}

# ratio_row WHAT GOAL TIMES LOAD-ARGUMENTS UNIT
ratio_row() {
    local what=$1 goal=$2 times=$3 unit=$5
    read -ra arguments <<<"$4"
    one() { plainly "$LOAD" "${arguments[@]}"; }
    two() { watched "$LOAD" "${arguments[@]}"; }
    pairs "$times" one two
    row "$what" "$goal" "$(printf '%.3f' "$ratio")" "$spread" "load $4: $plain, $other $unit"
}

# cpu_ticks PID: user and system time of all its threads, in clock ticks.
cpu_ticks() {
    awk '{ sub(/^.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}

# cpu_ns PID: the same from the scheduler, in nanoseconds, of the threads that are alive.
cpu_ns() {
    cat "/proc/$1"/task/*/schedstat | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

rss_kib() {
    awk '/^VmRSS:/ { print $2 }' "/proc/$1/status"
}

# wait_until COMMAND...: for half a minute at most.
wait_until() {
    local until=$((SECONDS + 30))
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$until" ] || return 1
        sleep 0.1
    done
}

started=()
start_server() { # plainly|watched COMMAND...: sets pid
    local preload=$JEMALLOC
    [ "$1" = plainly ] || preload="$AGENT $JEMALLOC"
    shift
    env LD_PRELOAD="$preload" ARENATOP_CONF="${CONF:-quiet:true}" "$@" >/dev/null 2>&1 </dev/null &
    pid=$!
    started+=("$pid")
}

stop_servers() {
    local one
    for one in "${started[@]}"; do
        kill "$one" 2>/dev/null && wait "$one" 2>/dev/null
    done
    started=()
}

WORK=$(mktemp -d /tmp/arenatop-bench.XXXXXX) || exit 1
trap '[ "$BASHPID" -ne $$ ] || { stop_servers; rm -rf "$WORK"; }' EXIT # not in a child that has not come to its exec yet
trap 'exit 130' INT TERM
