#!/usr/bin/env bash
# memcached, which uses libc's malloc and names its workers from outside: jemalloc is brought along, the workers get a class
# of their own, the books close.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

port=$(free_port)
export ARENATOP_CONF=interval_ms:100

# load: connections come and go, values of several sizes are set and read back.
load() {
    python3 - "$port" <<'END'
import socket, sys

def ask(stream, text):
    stream.write(text)
    stream.flush()

wrong = 0
for connection in range(20):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as link:
        stream = link.makefile("rwb")
        for key in range(200):
            value = bytes([97 + key % 26]) * (50 + 37 * key)
            ask(stream, b"set k%d 0 0 %d\r\n%s\r\n" % (key, len(value), value))
            wrong += stream.readline() != b"STORED\r\n"
            ask(stream, b"get k%d\r\n" % key)
            stream.readline()
            wrong += stream.read(len(value) + 2) != value + b"\r\n"
            wrong += stream.readline() != b"END\r\n"
sys.exit(wrong != 0)
END
}

books_close() {
    dump "$pid" books.json '.process | .moved == 0 and .unexplained == 0'
}

start_watched memcached memcached -t 4 -p "$port" -U 0 -l 127.0.0.1 -u "$(id -un)"
wait_for "memcached" answers "$port" || bail "memcached does not start: $(cat memcached.err)"
check "memcached does its work" load
check "four workers, named by the thread that made them" wait_dump "$pid" memcached.json \
    '[.threads[] | select(.class == "mc-worker")] | length == 4'
check "the process is exact" holds memcached.json '.agent.mode == "exact" and all(.classes[]; .mode == "exact")'
check "the workers hold what their connections need" holds memcached.json \
    '.classes[] | select(.name == "mc-worker") | .live > 10000 and .alloc_bytes >= .live'
check "the slabs are main's or the workers'" holds memcached.json '[.classes[].live] | add > 1000000'
check "the classes add up to the process" holds memcached.json '([.classes[].allocated] | add) == .process.allocated'
check "the books close" wait_for "books that close" books_close
check "it ends at SIGTERM" stop "$pid"
done_testing
