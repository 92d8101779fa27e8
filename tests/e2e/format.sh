#!/usr/bin/env bash
# make format-check: the sources are formatted, and the check can fail.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

if [ -e "$ROOT/.git" ]; then
    check "every source file of the house is formatted" make -s -C "$ROOT" format-check
else
    skip "every source file of the house is formatted" "an archive without .git"
fi

git init -q . && cp "$ROOT/Makefile" "$ROOT/.clang-format" . || bail "no copy of the house's rules"
check "fails when git lists no file" exits 2 make -s format-check
check "says that it had none" matches 'format-check: git lists no source file' "$(cat err)"

printf 'int\nmain( void ) {return 0 ;}\n' >odd.c
check "leaves alone what git does not know" exits 2 make -s format-check
git add odd.c
check "fails on an unformatted file" exits 2 make -s format-check
check "names it" matches 'odd\.c:' "$(cat err)"
check "format mends it" exits 0 make -s format
check "passes then" exits 0 make -s format-check
done_testing
