#!/usr/bin/env bash
# varnishd, which links jemalloc: 200 workers and a dozen other kinds of threads, in a child that becomes another user.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/../e2e/lib.sh"
# shellcheck source=tests/hosts/hosts.bash
. "$ROOT/tests/hosts/hosts.bash"

PROGRAM=varnishd PACKAGE=varnish
CLASSES=(main backend-poller 'pool_herder' 'pool_poolherder' cache-worker 'MPL_req*' 'MPL_sess*' MPL_busyobj cache-epoll
    hcb-cleaner ban-lurker cache-acceptor cache-exp)

# It is its own backend: what is asked of it the second time comes from its cache.
configure() {
    cat >site.vcl <<END
vcl 4.1;
import std;
backend self { .host = "127.0.0.1"; .port = "$port"; }
sub vcl_recv { if (req.url ~ "^/origin") { return (synth(200)); } return (hash); }
sub vcl_backend_fetch { set bereq.url = "/origin" + bereq.url; }
sub vcl_synth { set resp.body = std.fileread("$PWD/body") + req.url; return (deliver); }
END
    head -c 20000 /dev/zero | tr '\0' v >body
}

launch() {
    configure
    "$1" varnishd varnishd -F -n "$PWD/n" -a "127.0.0.1:$port" -T none -f "$PWD/site.vcl" -s malloc,32m \
        -p thread_pools=2 -p thread_pool_min=100 -p thread_pool_max=100
    wait_for "varnishd" answers "$port"
}

work() {
    python3 "$ROOT/tests/hosts/http_load.py" "$port" 8 /page/{1..100}
}

whom() {
    pgrep -P "$pid"
}

judge() {
    check "200 workers in one class" holds books.json '.classes[] | select(.name == "cache-worker") | .threads == 200'
    check "who hold what is cached" holds books.json '[.classes[].live] | add > 100 * 20000'
}

host
