# view.bash: what the tests of the live view have in common. Sourced after lib.sh.
# shellcheck shell=bash

export TZ=UTC
SYNTH=$BUILD/tests/synth

# segment FILE [OPTION...]: a segment in a file, with the figures that most screens are about.
segment() {
    local file=$1
    shift
    "$SYNTH" --file "$file" --comm redis-server --classes 5 --limit 512M --growth 1M,-300K,0 --wave 2M --warnings 2 "$@"
}

# open_view SIZE ARGUMENT...: opens arenatop in a terminal of that size and waits for its first frame.
open_view() {
    local size=$1
    shift
    close_terminal
    open_terminal "$size" env LC_ALL="${LOCALE:-C.UTF-8}" "$ARENATOP" "$@"
    wait_screen '[a-z]'
}

# press KEY...: one after another. An Escape would make a Meta key of the next one: give it its time.
press() {
    local key
    for key; do
        keys "$key"
        [ "$key" != Escape ] || sleep 0.1
    done
}

screen_is() { # WANTED
    local got
    got=$(screen)
    [ "$1" = "$got" ] && return 0
    diff <(echo "$1") <(echo "$got")
}

# shown NAME: the terminal comes to show exactly what stands on stdin.
shown() {
    local wanted
    wanted=$(cat)
    check "$1" wait_for "this very screen" screen_is "$wanted"
}

# shows_after NAME REGEX KEY...: after these keys some line of the screen is like this.
shows_after() {
    local name=$1 wanted=$2
    shift 2
    press "$@"
    check "$name" wait_screen "$wanted"
}

# hides_after NAME REGEX KEY...: after these keys no line of the screen is like this.
hides_after() {
    local name=$1 unwanted=$2
    shift 2
    press "$@"
    check "$name" wait_for "a screen without $unwanted" hidden "$unwanted"
}

hidden() { # REGEX
    ! screen | grep -qE -- "$1"
}
