#!/usr/bin/env bash
# BIND's named, which links jemalloc and asks it for memory by its own names (mallocx, sdallocx).
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/../e2e/lib.sh"
# shellcheck source=tests/hosts/hosts.bash
. "$ROOT/tests/hosts/hosts.bash"

PROGRAM=named PACKAGE=bind9
CLASSES=(main 'isc-net-*' isc-timer)
PASSING='isc__trampoline_run\(\)'

configure() {
    cat >named.conf <<END
options {
    directory "$PWD"; pid-file "$PWD/named.pid"; session-keyfile "$PWD/session.key";
    listen-on port $port { 127.0.0.1; }; listen-on-v6 { none; };
    recursion no; dnssec-validation no; notify no; empty-zones-enable no;
};
controls { };
zone "example.test" { type primary; file "$PWD/zone"; };
END
    cat >zone <<'END'
$TTL 60
@ IN SOA ns hostmaster 1 3600 600 86400 60
@ IN NS ns
ns IN A 127.0.0.1
$GENERATE 1-5000 h$ A 10.1.2.3
$GENERATE 1-5000 t$ TXT "text of number $"
END
}

launch() {
    configure
    "$1" named named -g -c "$PWD/named.conf" -n 4
    wait_for "named" line_in ' running$' named.err
}

ask() { # FILE
    dig "@127.0.0.1" -p "$port" +noall +answer +comments +nocookie -f "$1" | sed -E '/^$/d; s/, id: [0-9]+$//'
}

work() {
    local one asking=()
    printf 'h%d.example.test A +tcp\n' {1..400} >q1
    printf 't%d.example.test TXT\n' {1..1000} >q2
    printf 'h%d.example.test A\n' {500..1500} >q3
    printf 'none%d.example.test A\n' {1..500} >q4
    for one in 1 2 3 4; do
        ask q$one >a$one &
        asking+=("$!")
    done
    wait "${asking[@]}" && cat a1 a2 a3 a4
}

judge() {
    check "its network threads hold the zone that they loaded" holds books.json \
        '.classes[] | select(.name == "isc-net-*") | .live > 1000000'
}

host
