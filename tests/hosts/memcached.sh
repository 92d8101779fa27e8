#!/usr/bin/env bash
# memcached, which uses libc's malloc and names its workers from outside, when they may have allocated already. memccapable
# asks it every question of its two protocols.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/../e2e/lib.sh"
# shellcheck source=tests/hosts/hosts.bash
. "$ROOT/tests/hosts/hosts.bash"

PROGRAM=memcached PACKAGE=memcached
CLASSES=(main mc-worker)
# A thread that waits for its first work since before it was named has not heard of its name yet.
PASSING='mc-[a-z]+|\[memcached\+…\]'

launch() {
    "$1" memcached memcached -t 4 -p "$port" -U 0 -l 127.0.0.1 -u "$(id -un)"
    wait_for "memcached" answers "$port"
}

work() {
    memccapable -h 127.0.0.1 -p "$port" && values
}

# Connections come and go, values of several sizes are set and read back.
values() {
    python3 - "$port" <<'END'
import hashlib, socket, sys

seen = hashlib.sha256()

def ask(stream, text):
    stream.write(text)
    stream.flush()
    return stream.readline()

for connection in range(20):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as link:
        stream = link.makefile("rwb")
        for key in range(200):
            value = bytes([97 + key % 26]) * (50 + 37 * key)
            seen.update(ask(stream, b"set k%d 0 0 %d\r\n%s\r\n" % (key, len(value), value)))
            seen.update(ask(stream, b"get k%d\r\n" % key))
            answer = stream.read(len(value) + 2)
            if answer != value + b"\r\n":
                sys.exit(f"k{key} is not what was set")
            seen.update(stream.readline())
print(seen.hexdigest())
END
}

judge() {
    check "four workers" holds books.json '[.threads[] | select(.class == "mc-worker")] | length == 4'
    check "the workers hold what their connections need" holds books.json \
        '.classes[] | select(.name == "mc-worker") | .live > 10000 and .alloc_bytes >= .live'
    check "the slabs are main's or the workers'" holds books.json '[.classes[].live] | add > 1000000'
}

host
