# hosts.bash: what the scripts of the matrix have in common: real programs, unmodified, each alone and under the agent.
# Sourced after lib.sh.
#
# A script sets PROGRAM (as people know it), PACKAGE (whose version is said), CLASSES (an array: the classes that must be
# there) and perhaps PASSING (a regex for classes that come and go: of threads that allocate before they have their name).
# It defines what is done, and calls `host`, which does it twice, in folders of their own, and writes the matrix's row:
#
#   launch HOW   starts the program with `$1 NAME COMMAND...` (start or start_watched); returns once it is ready
#   work         makes it work, the same each time, and prints what it answers
#   whom         prints the pid whose books are looked at
#   judge        further checks while it rests, of books.json
#   finish       ends the program as people do; sets `status`
#
# shellcheck shell=bash disable=SC2034,SC2154 # TMP, ROOT, pid, status are lib.sh's
# shellcheck source=tests/e2e/exact.bash
. "$ROOT/tests/e2e/exact.bash"
# shellcheck source=tests/e2e/agent.bash
. "$ROOT/tests/e2e/agent.bash"

PASSING='$^'
export ARENATOP_CONF=interval_ms:200
port=$(free_port)
chmod a+x "$TMP" # for programs that become another user

# ---- what a script may replace ----

launch() { bail "$PROGRAM: nothing to launch"; }
work() { bail "$PROGRAM: nothing to do"; }
whom() { echo "$pid"; }
judge() { :; }
finish() { stop "$pid"; }

# For programs of the house's own writing: they print what they have to say, rest, and end at a line on their stdin.
launch_to_rest() { # HOW COMMAND...
    mkfifo app.in
    "$1" app "${@:2}"
    wait_for "what it has to say" line_in '^done$' app.out
}

ends_at_a_line() {
    echo >app.in
    wait_for "its end" gone "$pid" && stop "$pid"
}

line_in() { # REGEX FILE
    grep -qE -- "$1" "$2"
}

# ---- verdicts ----

same() { # FILE FILE
    diff "$1" "$2" >differences || { head -n 20 differences; return 1; }
}

# An address in a stripped program is another with each of its versions.
readonly names_seen='([.classes[].name | select(. != "(unbound)") | sub("\\+0x[0-9a-f]+\\]$"; "+…]")] | unique)'

as_json() {
    printf '%s\n' "$@" | jq -R . | jq -sc .
}

# The classes that must be there are, and no other but those that may pass.
classes_right() {
    wait_dump "$1" classes.json "$names_seen
        | map(select(IN($(as_json "${CLASSES[@]}")[]) or (test($(jq -n --arg re "^($PASSING)\$" '$re')) | not)))
        == ($(as_json "${CLASSES[@]}") | unique)"
}

# Both words of doctor: how far the figures can be trusted, and that it has seen the books close.
doctor_trusts() {
    "$ARENATOP" doctor "$1" >doctor.out 2>&1
    matches ': attribution is exact$' "$(cat doctor.out)" && matches '^ok +books ' "$(cat doctor.out)"
}

# What the agent has said, wherever the program sent its stderr and its children's.
agent_is_silent() {
    equal "" "$(grep -rIhs 'arenatop: ' . | words /dev/stdin)"
}

# Nobody of the program's session has left a segment.
nothing_left() { # PID...
    local one left=()
    for one in "$@"; do
        mapfile -t -O "${#left[@]}" left < <(segments_of "$one")
    done
    equal "" "${left[*]-}"
}

# The README's matrix has a row of this program with the same mode and books, whatever the version here.
readme_agrees() {
    matches "^\\| $PROGRAM \\| [^|]+ \\| [^|]+ \\| $mode \\| $books \\|\$" "$(grep "^| $PROGRAM " "$ROOT/README.md")"
}

# ---- the matrix ----

version_of() {
    dpkg-query -W -f '${Version}' "$1" | sed -E 's/^[0-9]+://; s/[-+~][^-]*$//'
}

# The row that `make check-hosts` puts together with the others', and the README has.
write_row() {
    local classes
    classes=$(jq -r "($(as_json "${CLASSES[@]}")) as \$must | \$must + ($names_seen - \$must) | map(\"\`\" + . + \"\`\") | join(\", \")" \
        books.json)
    mode=$(jq -r .agent.mode books.json)
    books=$(jq -r 'if .process.unexplained == 0 then "close, to the byte" else "off by \(.process.unexplained)" end' books.json)
    mkdir -p "$BUILD/hosts"
    printf '| %s | %s | %s | %s | %s |\n' "$PROGRAM" "$(version_of "$PACKAGE")" "$classes" "$mode" "$books" \
        >"$BUILD/hosts/${0##*/}.row"
}

# ---- both runs ----

look() {
    local process
    process=$(whom)
    check "a snapshot is taken at rest" next_dump "$process" rest.json
    check "its classes, and no other by accident" classes_right "$process"
    check "every class is exact" holds classes.json '.agent.mode == "exact" and all(.classes[]; .mode == "exact")'
    check "the books close" wait_dump "$process" books.json "$closes"
    check "the classes add up to the process" holds books.json '([.classes[].allocated] | add) == .process.allocated'
    check "doctor trusts the figures" wait_for "trust" doctor_trusts "$process"
    judge "$process"
    write_row
}

answer() {
    work >answers
}

run_once() { # NAME HOW
    local members
    mkdir "$TMP/$1"
    cd "$TMP/$1" || exit 1
    launch "$2" || bail "$PROGRAM does not start $1: $(tail -n 20 ./*.out ./*.err)"
    check "$1, it does its work" answer
    [ "$1" = alone ] || look
    mapfile -t members < <(pgrep -s "$pid")
    check "$1, it ends" finish
    echo "$status" >status
    check "$1, nothing is left behind" nothing_left "${members[@]}"
}

host() {
    run_once alone start
    run_once watched start_watched
    check "the answers are the same" same ../alone/answers answers
    check "and there are some" test -s answers
    check "so is the status" same ../alone/status status
    check "the agent has said nothing" agent_is_silent
    check "the README has it in its matrix" readme_agrees
    cd "$TMP" || exit 1
    done_testing
}
