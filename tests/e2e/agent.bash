# agent.bash: what the tests of the agent have in common. Sourced after lib.sh.
# shellcheck shell=bash

# words FILE: what was said on a stderr, without what depends on how busy the machine is.
words() {
    sed -E '/^arenatop: (snapshots|looks for peaks) cost over .* of a core: /d' "$1"
}
