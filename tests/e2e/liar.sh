#!/usr/bin/env bash
# A segment that changes under its readers' eyes: torn, lied in, cut short, replaced. Every command comes to an end, says one
# line when it fails, sends nothing to the terminal that steers it, and needs no more memory than it should. LONG=1: for long.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
readonly patience_s=60
commands=0

liars=()
for seed in 20 26; do
    start "liar$seed" "$BUILD/tests/liar" 1700 "$seed"
    wait_for "a liar" grep -q ready "liar$seed.out" || bail "no liar"
    liars+=("$pid")
done

# What may come to a terminal: no control character but newlines and tabs, none of the second kind (U+0080 to U+009F) either.
clean() { # FILE
    ! LC_ALL=C grep -nPa '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' "$1"
}

# bears STATUSES COMMAND...: it ends soon, with one of these statuses and nothing or one line of error.
bears() {
    local allowed=$1 status
    shift
    commands=$((commands + 1))
    (
        [ -n "${SANITIZE:-}" ] || ulimit -d 400000 # KiB of memory of its own
        exec timeout -k 5 "$patience_s" "$@"
    ) >said.out 2>said.err </dev/null
    status=$?
    case " $allowed " in
    *" $status "*) ;;
    *) echo "$*: status $status"; head -c 2000 said.err; return 1 ;;
    esac
    clean said.out && clean said.err && [ "$(wc -l <said.err)" -le 1 ] && return 0
    echo "$*: status $status"
    head -c 2000 said.err
    return 1
}

# One of everything that reads a segment, on one liar. Batch mode may wait for what never comes, and is told to end.
round() { # PID
    local pid=$1 format segment
    for format in json csv openmetrics; do
        bears "0 1 3 4" "$ARENATOP" dump "$pid" -f "$format" || return 1
    done
    bears "0 1 3 4" "$ARENATOP" dump "$pid" --all &&
        bears "0 1 3 4" "$ARENATOP" dump "$pid" -f raw --all -o raw &&
        bears "0 1 3 4 124" timeout -k 20 2 "$ARENATOP" -b -n 3 -d 0.05 "$pid" &&
        bears "0 1 3 4" "$ARENATOP" record "$pid" -o "recording.$pid.$RANDOM" --for 0.2 &&
        bears "0 1 3 4 5" "$ARENATOP" doctor "$pid" &&
        bears "0 1 3 4" "$ARENATOP" diff "$pid@1" "$pid" &&
        bears "0 1" "$ARENATOP" ls &&
        bears "0 1" "$ARENATOP" ls --json || return 1
    # By its path, too: then it is a file like any other.
    segment=$(segments_of "$pid" | head -n 1)
    [ -z "$segment" ] || bears "0 1 3 4" "$ARENATOP" dump "$segment" --all
}

many_rounds() { # COUNT
    local i one
    for ((i = 0; i < $1; i++)); do
        for one in "${liars[@]}"; do
            round "$one" || return 1
        done
    done
}

# ---- those that stay ----

port=$(free_port)
start serve "$ARENATOP" serve --listen "127.0.0.1:$port"
server=$pid
wait_for "the server" answers "$port"
start recorder "$ARENATOP" record "${liars[0]}" -o long
recorder=$pid
open_terminal 100x30 "$ARENATOP" "${liars[0]}"

scrape() {
    exec 3<>"/dev/tcp/127.0.0.1/$port" && printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3 && timeout 300 cat <&3 >scraped
    exec 3>&-
    sed -i 's/\r$//' scraped
    matches '^HTTP/1\.[01] 200' "$(head -n 1 scraped)" && clean scraped && equal "# EOF" "$(tail -n 1 scraped)"
}

check "whatever it does, every command bears it" many_rounds "$([ -n "${LONG:-}" ] && echo 60 || echo 4)"
check "serve answers all the while" scrape
check "and again" scrape
for key in m t Space a F1 Escape g Escape; do
    keys "$key"
done
stays_or_left() { # a view that has lost its process may wait for it, or have ended with a status of its own
    alive "$(terminal display-message -p -t view '#{pane_pid}')" || wait_for "its end" left_terminal
}
check "the view lives, or has said why not" stays_or_left
check "its terminal's title is what it was" eval '[ "$(terminal display-message -p -t view "#{pane_title}")" != title ]'
keys q
check "it can be left" wait_for "its end" left_terminal
check "with a status of its own" matches '^[0-4]$' "$(terminal_end)"
close_terminal
check "the recorder ends when it is told, or has ended" stop "$recorder"
check "with a status of its own" [ "$status" -le 4 ]
bears_recording() {
    [ ! -s long ] || bears "0 1" "$ARENATOP" dump ./long --all
}
check "what it wrote can be read" bears_recording
check "the server ends" stop "$server"
check "well" equal 0 "$status"
for one in "${liars[@]}"; do
    check "a liar ends" stop "$one"
done
left_on_purpose
echo "# $commands commands"
done_testing
