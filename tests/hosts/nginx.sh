#!/usr/bin/env bash
# nginx, with two workers that read files through a pool of threads (aio threads); it writes a title over its arguments.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/../e2e/lib.sh"
# shellcheck source=tests/hosts/hosts.bash
. "$ROOT/tests/hosts/hosts.bash"

PROGRAM=nginx PACKAGE=nginx
CLASSES=(main '[nginx+…]')

configure() {
    local one
    mkdir www
    for one in {1..20}; do
        yes "line of file $one" | head -c $((one * 20000)) >www/f$one
    done
    cat >nginx.conf <<END
daemon off; user $(id -un) $(id -gn); worker_processes 2; pid $PWD/nginx.pid; error_log $PWD/error.log;
thread_pool files threads=4;
events { }
http {
    access_log off;
    client_body_temp_path $PWD/body; proxy_temp_path $PWD/proxy; fastcgi_temp_path $PWD/fastcgi;
    uwsgi_temp_path $PWD/uwsgi; scgi_temp_path $PWD/scgi;
    server { listen 127.0.0.1:$port; root $PWD/www; aio threads=files; sendfile off; output_buffers 2 64k; }
}
END
}

launch() {
    configure
    "$1" nginx nginx -p "$PWD" -e error.log -c "$PWD/nginx.conf"
    wait_for "nginx" answers "$port"
}

work() {
    python3 "$ROOT/tests/hosts/http_load.py" "$port" 8 /f{1..20} /f{1..20} /missing
}

# One of the workers; the pool's threads are made in each.
whom() {
    pgrep -P "$pid" | head -n 1
}

judge() {
    check "four threads in the pool" holds books.json '.classes[] | select(.name | startswith("[nginx+")) | .threads == 4'
}

finish() {
    stop "$pid" QUIT
}

host
