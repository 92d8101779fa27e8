#!/usr/bin/env bash
# A JVM: buffers outside its heap, made by a thread pool; some twenty kinds of threads of its own.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/../e2e/lib.sh"
# shellcheck source=tests/hosts/hosts.bash
. "$ROOT/tests/hosts/hosts.bash"

PROGRAM=java PACKAGE=openjdk-17-jre-headless
CLASSES=(main 'pool-*-thread-*' 'ThreadJavaMain()' 'GC Thread#*' 'G1 Main Marker' 'G1 Conc#*' 'G1 Refine#*' 'G1 Service'
    'VM Thread' 'VM Periodic Tas' 'C1 CompilerThre' 'C2 CompilerThre' Finalizer 'Reference Handl' 'Signal Dispatch')
PASSING='thread_native_entry\(\)|[A-Z][A-Za-z]+[ -][A-Za-z0-9 #*-]+'

javac -d "$TMP" "$ROOT/tests/hosts/Pool.java" || bail "Pool.java does not compile"

launch() {
    launch_to_rest "$1" java -XX:+UseG1GC -XX:ParallelGCThreads=2 -Xmx64m -cp "$TMP" Pool
}

work() {
    cat app.out
}

judge() {
    check "the pool's threads hold their buffers, and nobody else" holds books.json \
        '.classes[] | select(.name == "pool-*-thread-*") | .threads == 4 and .live > 64 * 65536 and .live < 90 * 65536'
}

finish() {
    ends_at_a_line
}

host
