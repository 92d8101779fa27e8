#!/usr/bin/env bash
# Python's own tests of threads, signals, forks, subprocesses and crashes, with every object a block of malloc's.
# time limit: 1500 s
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/../e2e/lib.sh"
# shellcheck source=tests/hosts/selftests.bash
. "$ROOT/tests/hosts/selftests.bash"

export PYTHONMALLOC=malloc

suite() {
    mkdir -p "$2.d"
    "$1" "$2" /usr/bin/python3 -m test --tempdir "$PWD/$2.d" --junit-xml "$PWD/$2.xml" "$3"
}

results() {
    /usr/bin/python3 - "$1.xml" <<'END' | sort
import sys
import xml.etree.ElementTree as tree

for case in tree.parse(sys.argv[1]).iter("testcase"):
    print(case.get("name"), case.get("result"), *(part.tag for part in case if not part.tag.startswith("system")))
END
    rm -f "$1.xml"
}

for module in test_thread test_threading test_threading_local test_threadsignals test_fork1 test_subprocess test_posix \
    test_faulthandler test_atexit test_gc test_mmap test_ctypes test_pty test_select test_epoll; do
    check "$module: the same results" same_results "$module"
done
was_watched
done_testing
