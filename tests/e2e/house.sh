#!/usr/bin/env bash
# The house itself: its folders, who may include whom, what the two programs export, need and are hardened with.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
cd "$ROOT" || exit 1
{ [ -f "$ARENATOP" ] && [ -f "$AGENT" ]; } || bail "not built: $BUILD"

known_at_top() {
    equal "LICENSE Makefile README.md agent proto tests viewer" \
        "$(git ls-files | cut -d/ -f1 | grep -v '^\.' | sort -u | xargs)"
}

# Files in SIDE... are all that the sources of the first one may include with quotes.
includes_only() {
    local side strangers
    strangers=$(grep -rH --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$1" |
        while IFS=: read -r file line; do
            name=$(sed -E 's/.*"(.*)".*/\1/' <<<"$line")
            for side in "$@"; do
                [[ $name != */* ]] && [ -f "$side/$name" ] && continue 2
            done
            echo "$file: $line"
        done)
    equal "" "$strangers"
}

# A test finds its module by name (Makefile), and a reader too.
names_unique() {
    equal "" "$(basename -a agent/*.[ch] viewer/*.[ch] proto/*.[ch] | sort | uniq -d)"
}

exports() {
    equal "$(grep -v '^#' tests/e2e/exports.txt | LC_ALL=C sort)" \
        "$(nm -D --defined-only --format=posix "$AGENT" | cut -d' ' -f1 | LC_ALL=C sort)"
}

needs_only() { # FILE REGEX
    equal "" "$(readelf -d "$1" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p' | grep -vxE "$2")"
}

# hardened FILE FLAG...: bound at start, read-only afterwards, no executable stack, and the FLAGs of DT_FLAGS_1.
hardened() {
    local file=$1 flag flags
    shift
    flags=$(readelf -d "$file" | sed -n 's/.*(FLAGS_1)//p')
    for flag in NOW "$@"; do
        matches "\\b$flag\\b" "$flags" || return 1
    done
    matches GNU_RELRO "$(readelf -lW "$file")" && matches 'GNU_STACK.* RW  ' "$(readelf -lW "$file")"
}

tls_without_calls() {
    equal "" "$(nm -D --undefined-only "$AGENT" | grep __tls_get_addr)"
}

versions_agree() {
    local version
    version=$(sed -n 's/^VERSION := //p' Makefile)
    matches "^arenatop .*\\b${version//./\\.}\\b" "$("$ARENATOP" --version)"
}

# Every target that the contract names, each with what it is for.
help_lists_targets() {
    local target list
    list=$(make -s help)
    for target in all demo check check-hosts check-all install uninstall bench fuzz check-asan check-tsan format-check; do
        matches "^  $target  +[^ ]" "$list" || return 1
    done
}

if [ -e .git ]; then
    check "the top level is Makefile, agent, viewer, proto, tests, README.md, LICENSE and dotfiles" known_at_top
else
    skip "the top level" "an archive without .git"
fi
check "agent includes agent and proto only" includes_only agent proto
check "viewer includes viewer and proto only" includes_only viewer proto
check "proto includes proto only" includes_only proto
check "no two files of agent, viewer and proto share a name" names_unique
check "the agent exports what it interposes and nothing else" exports
check "the agent needs libc and nothing else" needs_only "$AGENT" 'libc\.so\.6|ld-linux-.*'
check "the viewer does not need jemalloc" needs_only "$ARENATOP" \
    'lib(ncursesw|tinfo|jansson|zstd|microhttpd|c|m|asan|ubsan)\.so\.[0-9]+|ld-linux-.*'
check "the agent is hardened and never unloaded" hardened "$AGENT" NODELETE
check "the viewer is hardened and position-independent" hardened "$ARENATOP" PIE
check "the agent reaches its TLS without a call" tls_without_calls
check "the program says the Makefile's version" versions_agree
check "make help lists the targets" help_lists_targets
check "shellcheck has nothing to say" shellcheck -S warning -e SC2034 -x .ci/run tests/run tests/lanes tests/packages tests/fuzz/keep tests/*/run tests/*.sh tests/e2e/*.sh tests/hosts/*.sh
done_testing
