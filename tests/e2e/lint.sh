#!/usr/bin/env bash
# What reads the sources without running them: clang-tidy (.clang-tidy), cppcheck and gcc's -fanalyzer.
# time limit: 1500 s
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
cd "$ROOT" || exit 1

# each_source COMMAND: once for every source file, as `COMMAND FILE SIDE`, on all cores.
each_source() {
    local file
    for file in agent/*.c proto/*.c viewer/*.c; do
        printf '%s\0%s\0' "$file" "${file%%/*}"
    done | xargs -0 -n 2 -P "$(nproc)" bash -c "$1 \"\$@\"" lint
}

libraries() {
    pkg-config --cflags ncursesw jansson libzstd libmicrohttpd
}

tidy() {
    # shellcheck disable=SC2046 # flags are words
    clang-tidy --quiet "$1" -- -std=c11 -D_GNU_SOURCE '-DAT_VERSION="0"' -Iproto -I"$2" $LIBRARIES 2>/dev/null
}

# The agent defines realloc itself, so gcc must not take it for the one it knows. What is kept in a ring or at an index
# that it does not know, gcc takes for lost; leaks there are left to clang-tidy and to the unit tests.
analyse() {
    local but=
    case $1 in
        viewer/watch.c | viewer/window.c) but=-Wno-analyzer-malloc-leak ;;
    esac
    # shellcheck disable=SC2086 # flags are words
    gcc -std=c11 -O1 -fanalyzer $but -fno-builtin-realloc -Werror -D_GNU_SOURCE '-DAT_VERSION="0"' -Iproto -I"$2" $LIBRARIES -c -o /dev/null "$1"
}

cpp_check() {
    cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
        --suppress=missingIncludeSystem '-DElfW(type)=Elf64_##type' -j"$(nproc)" --std=c11 -D_GNU_SOURCE '-DAT_VERSION="0"' -Iproto -Iagent -Iviewer \
        agent proto viewer
}

LIBRARIES=$(libraries)
export LIBRARIES
export -f tidy analyse
check "clang-tidy has nothing to say" each_source tidy
check "gcc's analyser has nothing to say" each_source analyse
check "cppcheck has nothing to say" cpp_check
done_testing
