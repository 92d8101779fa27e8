#!/usr/bin/env bash
# What the agent's own thread takes: snapshots, looks, its share of a core, how it grows, and its memory.
# shellcheck source=tests/bench/bench.bash
. "${0%/*}/bench.bash"

# begin CONF MALLOC_CONF LOAD-ARGUMENT...: sets pid; the threads have settled, and some snapshots are there.
begin() {
    local conf=$1 malloc=$2
    shift 2
    rm -f "$WORK/out"
    LD_PRELOAD="$AGENT $JEMALLOC" ARENATOP_CONF="quiet:true,$conf" MALLOC_CONF="$malloc" "$LOAD" "$@" >"$WORK/out" 2>/dev/null &
    pid=$!
    started+=("$pid")
    wait_until grep -q settled "$WORK/out"
    wait_until enough "${SNAPSHOTS:-12}"
}

enough() { # SNAPSHOTS
    [ "$("$ARENATOP" dump "$pid" -f json | jq .seq)" -ge "$1" ]
}

# figure JQ: its median over all snapshots but the first few, when tables grew.
figure() {
    "$ARENATOP" dump "$pid" --all -f json | jq -r "select(.seq > 4) | $1" | quartiles
}

ms() { # NS
    awk -v ns="$1" 'BEGIN { printf "%.3f", ns / 1e6 }'
}

# ---- a snapshot beside jemalloc's own epoch and the same values by mib ----

# cost_of_snapshots: CPU time between one snapshot and the next, ns: median, quartiles.
cost_of_snapshots() {
    "$ARENATOP" dump "$pid" --all -f json | jq -r 'select(.seq > 4) | .agent.cpu_ns' | awk 'NR > 1 { print $1 - last } { last = $1 }' | quartiles
}

reads_books() {
    [ "$(wc -l <"$WORK/out")" -ge 2 ]
}

for arenas in 8 64 256 1024; do
    # A thread an arena. The program reads the same books itself, now and then; both read with the caches as the other's
    # work left them.
    SNAPSHOTS=16 begin "interval_ms:100,peak_ms:0,arenas_per_class:1024" "narenas:$((arenas / 4 + 1))" \
        watched $((arenas - 1)) $((arenas < 20 ? 2 : 20))
    wait_until reads_books
    own=$(tail -n 1 "$WORK/out")
    read -r took first third < <(cost_of_snapshots)
    made=$(figure .process.narenas | cut -d' ' -f1)
    stop_servers
    row "full snapshot, $made arenas, by epoch + mibs" "<= 1.3" \
        "$(awk -v a="$own" -v b="$took" 'BEGIN { printf "%.2f", b / a }')" \
        "$(awk -v a="$own" -v b="$first" -v c="$third" 'BEGIN { printf "%.2f to %.2f", b / a, c / a }')" \
        "load watched $((arenas - 1)): $(ms "$own"), $(ms "$took") ms CPU"
done

# ---- 200 threads in 20 classes ----

begin "interval_ms:100" "narenas:8" watched 200 20
read -r took first third < <(figure .agent.sample_ns)
row "full snapshot, 20 classes, 200 threads, ms" "<= 0.25" "$(ms "$took")" "$(ms "$first") to $(ms "$third")" \
    "$(figure .process.narenas | cut -d' ' -f1) arenas, load watched 200 20"
wait_until reads_books
row "the same: jemalloc's epoch and reads alone, ms" - "$(ms "$(tail -n 1 "$WORK/out")")" "median" "read by the program itself"
read -r took first third < <(figure .agent.look_ns)
row "lock-free look, 200 threads, us" "<= 10" "$(awk -v n="$took" 'BEGIN { print n / 1000 }')" \
    "$(awk -v a="$first" -v b="$third" 'BEGIN { print a / 1000, "to", b / 1000 }')" "load watched 200 20"
stop_servers

# A word of each thread's, nothing else, read by a program without us. Between two times the caches go cold.
touches() { # THREADS
    row "the least: a word of each of $1 threads, us" - "$(plainly "$LOAD" touch "$1" | awk '{ print $1 / 1000 }')" \
        "median of 100" "load touch $1, every 50 ms"
}
touches 200

# With its defaults, over half a minute: a young process is asked for its size classes after 1, 2, 4 and 8 seconds, and then
# every 30.
SNAPSHOTS=17 begin "interval_ms:1000" "" watched 200 20
before=$("$ARENATOP" dump "$pid" -f json | jq '[.agent.cpu_ns, .mono_ns] | @tsv' -r)
sleep 30
after=$("$ARENATOP" dump "$pid" -f json | jq '[.agent.cpu_ns, .mono_ns] | @tsv' -r)
row "share of a core at defaults, 20 classes, 200 threads, %" "<= 0.15" \
    "$(echo "$before $after" | awk '{ printf "%.3f", ($3 - $1) / ($4 - $2) * 100 }')" "over 30 s" "load watched 200 20"
stop_servers

# ---- growth ----

SNAPSHOTS=6 begin "interval_ms:100,arenas_per_class:1" "" watched 10000 64
read -r took first third < <(figure .agent.look_ns)
row "lock-free look, 10,000 threads, us" "<= 300" "$(awk -v n="$took" 'BEGIN { print n / 1000 }')" \
    "$(awk -v a="$first" -v b="$third" 'BEGIN { print a / 1000, "to", b / 1000 }')" "load watched 10000 64"
stop_servers

touches 10000

# cost THREADS CLASSES NARENAS: sets took (CPU ns a snapshot) and made (arenas); the program runs on.
cost() {
    SNAPSHOTS=8 begin "interval_ms:50,peak_ms:0,arenas_per_class:4000" "narenas:$3" watched "$1" "$2"
    read -r took _ < <(cost_of_snapshots)
    made=$(figure .process.narenas | cut -d' ' -f1)
}

cost 1000 64 16; a=$took
stop_servers
cost 10000 64 16; b=$took
stop_servers
row "growth: 10 times the threads (1,000 to 10,000), cost" "<= 10" "$(awk -v a="$a" -v b="$b" 'BEGIN { printf "%.2f", b / a }')" \
    "medians" "load watched 10000 64: $(ms "$a"), $(ms "$b") ms CPU"
cost 1000 64 250; a=$took few=$made
stop_servers
cost 3800 64 950; b=$took
row "growth: arenas $few to $made, cost by arenas" "<= 1.2" \
    "$(awk -v a="$a" -v b="$b" -v m="$few" -v n="$made" 'BEGIN { printf "%.2f", b / a / (n / m) }')" "medians" \
    "load watched 3800 64: $(ms "$a"), $(ms "$b") ms CPU"

stretched() {
    every=$("$ARENATOP" dump "$pid" -f json | jq .agent.interval_ns)
    [ "$every" -gt 60000000 ]
}

wait_until stretched
stop_servers
row "growth: share of a core, $made arenas, %" "<= 1.1" "$(awk -v t="$b" -v e="$every" 'BEGIN { printf "%.2f", t / e * 100 }')" \
    "the interval stretches" "every $(ms "$every") ms"

# ---- memory ----

one() { plainly "$LOAD" idle "$THREADS"; }
two() { watched "$LOAD" idle "$THREADS"; }
THREADS=200 pairs 5 one two
few=$(awk -v a="$plain" -v b="$other" 'BEGIN { print b - a }')
row "agent's memory at 200 threads, KiB more resident" "<= 2048" "$few" "medians" "load idle 200: $plain, $other KiB"
# With snapshots of nearly all of them. Up to some thousand the class's first arenas grow, by steps, which is not a thread's.
CONF=quiet:true,interval_ms:50
THREADS=4200 pairs 5 one two
few=$(awk -v a="$plain" -v b="$other" 'BEGIN { print b - a }')
THREADS=8200 pairs 5 one two
row "agent's memory, bytes a further thread" "<= 300" \
    "$(awk -v a="$plain" -v b="$other" -v f="$few" 'BEGIN { printf "%.0f", (b - a - f) * 1024 / 4000 }')" "medians" \
    "load idle 4200, 8200: $plain, $other KiB"
