#!/usr/bin/env bash
# serve: paths, methods and formats; processes that come, go, die and may not be read; clients that are slow, many or rude;
# addresses that cannot be had, and a clean end.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
SYNTH=$BUILD/tests/synth

# A client that does as it is told and no more.
cat >http.py <<'E2'
"""http.py PORT REQUEST: sends the bytes, prints the answer until the server closes."""
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60) as s:
    try:
        s.sendall(sys.argv[2].encode().decode("unicode_escape").encode("latin-1"))
    except ConnectionError:
        pass
    answer = b""
    try:
        while part := s.recv(65536):
            answer += part
    except ConnectionError:
        pass
sys.stdout.buffer.write(answer)
E2

# start_serve NAME [WORD...]: a server at any free port, waited for; sets `pid` and `port`.
start_serve() {
    local name=$1
    shift
    start "$name" "$ARENATOP" serve --listen 127.0.0.1:0 "$@"
    wait_for "$name to serve" grep -q '^serving' "$name.out" || bail "serve: $(cat "$name.err")"
    port=$(sed -nE 's,^serving http://127\.0\.0\.1:([0-9]+)/metrics$,\1,p' "$name.out")
}

start_synth() { # NAME [OPTION...]
    local name=$1
    shift
    start "$name" "$SYNTH" --every 0 "$@" && wait_for "$name to be ready" grep -q ^ready "$name.out"
}

# get PATH [HEADER]: an answer's head in `head`, its body in `body`. -X and the rest of a request are the caller's.
get() { # [METHOD=GET] PATH [HEADER...]
    local header lines=
    for header in "${@:2}"; do
        lines+="$header\\r\\n"
    done
    python3 http.py "$port" "${METHOD:-GET} $1 HTTP/1.1\\r\\nHost: x\\r\\n$lines\\r\\n" >answer &&
        sed '/^\r$/,$d; s/\r$//' answer >"head" && sed '1,/^\r$/d' answer >body
}

answers_with() { # STATUS PATH [HEADER...]
    local wanted=$1
    shift
    get "$@" && equal "$wanted" "$(sed -nE '1s,^HTTP/1\.1 ([0-9]+) .*,\1,p' head)"
}

scraped() { # REGEX: a line of the metrics is like this
    get /metrics && matches "$1" "$(cat body)"
}

not_scraped() { # REGEX
    get /metrics && equal "# EOF" "$(tail -n 1 body)" && ! grep -E "$1" body
}

# ---- paths, methods, formats ----

start_synth one --comm serve-one --names weird --classes 13
one=$pid
start_serve all
serve=$pid
check "/metrics is there" answers_with 200 /metrics 'Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5'
check "it is OpenMetrics" grep -qx 'Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8' head
check "it ends as OpenMetrics do" equal "# EOF" "$(tail -n 1 body)"
check "it is UTF-8" iconv -f UTF-8 -t UTF-8 -o /dev/null body
check "the process is up" matches "^arenatop_up\{pid=\"$one\",comm=\"serve-one\"\} 1$" "$(cat body)"
check "no family comes twice" equal "" "$(grep -E '^# TYPE' body | sort | uniq -d)"
check "no sample comes twice" equal "" "$(grep -v '^#' body | sed 's/ [^ ]*$//' | sort | uniq -d)"
together() { # a family's samples stand behind its head, those of all processes
    awk '/^# HELP/ { family = $3; next }
        !/^#/ { name = $0; sub(/[{ ].*/, "", name); if (name != family && name != family "_total") { print; bad = 1 } }
        END { exit bad }' body
}
check "a family's samples stand together" together
same_as_dump() { # the one writer: what dump says of the process, serve says too
    "$ARENATOP" dump "$one" -f openmetrics | grep "pid=\"$one\"" >dumped
    grep "pid=\"$one\"" body | diff dumped -
}
check "figures are those of dump" same_as_dump
check "a query does not matter" answers_with 200 '/metrics?name=x'
check "who names no format has plain text" answers_with 200 /metrics 'Accept: */*'
check "and is told so" grep -qx 'Content-Type: text/plain; version=0.0.4; charset=utf-8' head
check "promtool has nothing to say about it" promtool check metrics <body
check "nor is anything written" equal "" "$(promtool check metrics <body 2>&1)"
check "units and the end are in it, too" eval \
    'grep -qx "# UNIT arenatop_class_alloc_bytes_total bytes" body && equal "# EOF" "$(tail -n 1 body)"'
METHOD=HEAD
check "HEAD is like GET" answers_with 200 /metrics
check "without a body" equal 0 "$(wc -c <body)"
for METHOD in POST PUT DELETE OPTIONS BREW; do
    check "$METHOD is not allowed" answers_with 405 /metrics
    check "what is allowed is told" grep -qx 'Allow: GET, HEAD' head
done
unset METHOD
check "/healthz is there" answers_with 200 /healthz
check "and says ok" equal ok "$(cat body)"
for path in / /metrics/ //metrics /metric /index.html /../etc/passwd /etc/passwd /%2e%2e/etc/passwd "$TMP/http.py"; do
    check "there is no $path" answers_with 404 "$path"
    check "and nothing of a file" equal "there are /metrics and /healthz, and nothing else" "$(cat body)"
done

# ---- processes come and go ----

start_synth two --comm serve-two
two=$pid
check "a process that comes is there" wait_for "the second process" scraped "^arenatop_up\{pid=\"$two\",comm=\"serve-two\"\} 1$"
check "beside the first" scraped "^arenatop_up\{pid=\"$one\",comm=\"serve-one\"\} 1$"
check "families of both stand together" together
stop "$two"
check "one that ends is not there" wait_for "its end" not_scraped "pid=\"$two\""
records_before=$(sed -n 's/^arenatop_serve_records //p' body)
start_synth three --comm serve-three --end kill
three=$pid
kill -TERM "$three"
check "of one that was killed the record is counted" \
    wait_for "one record more" scraped "^arenatop_serve_records $((records_before + 1))$"
check "and it is not up" not_scraped "^arenatop_up\{pid=\"$three\""
stop "$three"
# Old records go when new ones come: their number alone would not tell of the next death.
newest() {
    get /metrics && sed -n 's/^arenatop_serve_newest_record_time_seconds //p' body
}
newest_before=$(newest)
start_synth four --comm serve-four --end kill
four=$pid
kill -TERM "$four"
later_record() {
    awk -v now="$(date +%s)" -v before="${newest_before:-0}" -v newest="$(newest)" \
        'BEGIN { exit !(newest > before && newest > now - 60 && newest < now + 1) }'
}
check "and when the last one died" wait_for "a later record" later_record
check "which stays the same" equal "$(newest)" "$(sleep 0.3 && newest)"
stop "$four"

# Silence is told by the clock: 3 intervals, and 3 seconds, without a sign of life.
start_synth silent --comm serve-silent --silent --interval 10
silent=$pid
check "a process whose agent falls silent is not up" \
    wait_for "silence" scraped "^arenatop_up\{pid=\"$silent\",comm=\"serve-silent\"\} 0$"
check "and has no figures" not_scraped "^arenatop_(class|process|agent|flow).*pid=\"$silent\""
kill -USR1 "$silent"
check "it is up again when it speaks" wait_for "a sign" scraped "^arenatop_up\{pid=\"$silent\",comm=\"serve-silent\"\} 1$"
stop "$silent"

# A new process of the same name has another pid, so that no series goes backwards; an exec keeps the pid, and the start
# time says that the counters began again.
series() {
    sed -nE 's/^(arenatop_class_alloc_bytes_total\{.*serve-one.*\}) .*/\1/p' "$1" | sort
}
get /metrics && cp body before
stop "$one"
start_synth again --comm serve-one
again=$pid
check "the same program again is there" wait_for "it" scraped "^arenatop_up\{pid=\"$again\",comm=\"serve-one\"\} 1$"
check "under labels of its own" equal "" "$(comm -12 <(series before) <(series body))"
check "with a start time of its own" \
    scraped "^arenatop_process_start_time_seconds\{pid=\"$again\",comm=\"serve-one\"\} 1[0-9]{9}\.[0-9]{9}$"

# ---- targets that are named ----

all_port=$port
start_serve named serve-one serve-later 2147483647
named=$pid
check "a name is served" scraped "^arenatop_up\{pid=\"$again\",comm=\"serve-one\"\} 1$"
check "one that is not there is down" matches '^arenatop_up\{pid="",comm="serve-later"\} 0$' "$(cat body)"
check "and so is a pid" matches '^arenatop_up\{pid="2147483647",comm=""\} 0$' "$(cat body)"
start_synth other --comm serve-other
other=$pid
start_synth later --comm serve-later
check "until it comes" wait_for "it" scraped "^arenatop_up\{pid=\"$pid\",comm=\"serve-later\"\} 1$"
check "others are not served" not_scraped serve-other
check "the end of serve is clean" stop "$named"
check "with status 0" equal 0 "$status"
check "and without a word" equal "" "$(cat named.err)"
stop "$other"
stop "$pid"
port=$all_port

# ---- clients ----

refused() { # REQUEST: an answer of 400 and up, or none, and the server is well
    python3 http.py "$port" "$1" >answer
    ! grep -aE '^HTTP/1\.1 [123]' answer && answers_with 200 /healthz
}
long=$(printf '%0100000d' 0)
check "a header of 100 kB is refused" refused "GET /metrics HTTP/1.1\\r\\nHost: x\\r\\nX: $long\\r\\n\\r\\n"
many=$(printf 'X-%d: x\\r\\n' {1..10000})
check "10,000 headers are refused" refused "GET /metrics HTTP/1.1\\r\\nHost: x\\r\\n$many\\r\\n"
check "a path of 100 kB is refused" refused "GET /$long HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"
check "what is no HTTP is refused" refused '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'
check "a request with a body that never comes is answered" \
    matches '^HTTP/1.1 405' "$(python3 http.py "$port" 'POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n')"

cat >crowd.py <<'E2'
"""crowd.py PORT COUNT: so many connections that each send a byte of a request now and then, and a real request now and
then that must be answered promptly; in the end all of them must be closed by the server although they never fell idle."""
import resource, select, socket, sys, time
port, count = int(sys.argv[1]), int(sys.argv[2])
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(count + 200, hard) if hard > 0 else count + 200, hard))

def scrape():
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as s:
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while part := s.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"# EOF\n"), answer[:200]
    return time.monotonic() - started

def trickle(crowd):
    for s in list(crowd):
        try:
            s.send(b"x")
        except OSError:
            crowd.discard(s)
            s.close()

crowd, slowest = set(), 0
for i in range(count):
    s = socket.create_connection(("127.0.0.1", port), timeout=60)
    s.setblocking(False)
    s.send(b"GET /metrics HTTP/1.1\r\nX: ")
    crowd.add(s)
    if i % 50 == 0:
        trickle(crowd)
        slowest = max(slowest, scrape())
until = time.monotonic() + 60
while crowd and time.monotonic() < until:
    trickle(crowd)
    slowest = max(slowest, scrape())
    time.sleep(0.2)
print("slowest scrape %.3f s, %d connections left" % (slowest, len(crowd)))
# Behind slow clients alone a scrape would have waited until their time is up.
assert not crowd and slowest < 10
E2
check "1,000 slow clients cannot stall a scrape, and must go" python3 crowd.py "$port" 1000
check "the server is well" answers_with 200 /metrics
no_sockets_left() {
    [ "$(find "/proc/$serve/fd" -lname 'socket:*' | wc -l)" -le 1 ]
}
check "no connection is left open" wait_for "closed sockets" no_sockets_left

half_read() { # clients that ask and never read
    python3 - "$port" <<'E2'
import socket, sys
port = int(sys.argv[1])
idle = []
for _ in range(300):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    s.connect(("127.0.0.1", port))
    s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    idle.append(s)
with socket.create_connection(("127.0.0.1", port), timeout=60) as s:
    s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert s.recv(100).startswith(b"HTTP/1.1 200")
for s in idle:
    s.close()
E2
}
check "300 clients that ask and do not read stall nobody" half_read
check "a client that closes in the middle ends nothing" answers_with 200 /metrics

# ---- pages of the web that lead a browser here ----

asked_as() { # HOST PATH
    python3 http.py "$port" "GET $2 HTTP/1.1\\r\\nHost: $1\\r\\n\\r\\n" | head -n 1 | tr -d '\r'
}
for name in evil.example evil.example:80 127.0.0.1.evil.example; do
    check "it is not $name" equal "HTTP/1.1 403 Forbidden" "$(asked_as "$name" /metrics)"
done
for name in localhost "localhost:$port" 127.0.0.1 "[::1]:$port"; do
    check "it is $name" equal "HTTP/1.1 200 OK" "$(asked_as "$name" /metrics)"
done
start public "$ARENATOP" serve --listen 0.0.0.0:0
public=$pid
wait_for "a server for all" grep -q '^serving' public.out
port=$(sed -E 's,.*:([0-9]+)/.*,\1,' public.out)
check "one that listens at no loopback address has any name" equal "HTTP/1.1 200 OK" "$(asked_as host.example /metrics)"
check "it ends" stop "$public"

# ---- few descriptors ----

start_few() { # NAME COMMAND...: a server of one process with 64 descriptors
    start "$1" bash -c 'ulimit -n 64 && exec "${@:2}"' bash "$@" "$ARENATOP" serve --listen 127.0.0.1:0 "$again"
    wait_for "a server" grep -q '^serving' "$1.out" && port=$(sed -E 's,.*:([0-9]+)/.*,\1,' "$1.out")
}
start_few few
few=$pid
check "of 64 descriptors clients have half: 200 slow ones cannot stall a scrape" python3 crowd.py "$port" 200
check "it ends" stop "$few"
# shellcheck disable=SC2016 # a script
start_few hardly bash -c 'for fd in {11..58}; do eval "exec $fd</dev/null"; done; exec "$@"' bash
hardly=$pid
all_at_once() { # more slow clients than there are descriptors for, until the first is sent away, and with it the others
    python3 - "$port" <<'E2'
import socket, sys
crowd = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60) for _ in range(30)]
for s in crowd:
    s.send(b"GET /metrics HTTP/1.1\r\nX: ")
assert crowd[0].recv(1) == b""
E2
}
check "who has hardly any sends slow clients away in the end" all_at_once
check "and then listens again" answers_with 200 /healthz
check "it ends" stop "$hardly"
port=$all_port

# ---- who may not be read ----

if [ "$UID" -eq 0 ] && command -v setpriv >/dev/null; then
    chmod 755 "$TMP"
    start nobody setpriv --reuid 65534 --regid 65534 --clear-groups -- "$ARENATOP" serve --listen 127.0.0.1:0
    nobody=$pid
    wait_for "the server of nobody" grep -q '^serving' nobody.out
    port=$(sed -E 's,.*:([0-9]+)/.*,\1,' nobody.out)
    check "what may not be read is no error" answers_with 200 /metrics
    check "it is counted" matches '^arenatop_serve_segments_denied [1-9][0-9]*$' "$(cat body)"
    check "and left out" not_scraped "pid=\"$again\""
    group=$(getent group nogroup | cut -d: -f1)
    start_group() { ARENATOP_CONF="group:$group" start_watched grouped "$WORKLOADS/demo-server"; }
    start_group
    grouped=$pid
    check "a segment of the server's group is served without root" \
        wait_for "it" scraped "^arenatop_class_live_bytes\{pid=\"$grouped\",comm=\"demo-server\",class=\"audit-log\"\} [0-9]+$"
    check "the server of nobody ends" stop "$nobody"
    stop "$grouped"
    port=$all_port
else
    skip "what may not be read is counted" "needs root and setpriv"
fi

# ---- addresses, words, the end ----

check "a port that is taken" exits 1 "$ARENATOP" serve --listen "127.0.0.1:$port"
check "is one clear line" one_error "^arenatop: 127\.0\.0\.1:$port: Address already in use; choose another with --listen ADDR:PORT$"
check "an address that is not here" exits 1 "$ARENATOP" serve --listen 192.0.2.1:20123
check "is one too" one_error '^arenatop: 192\.0\.2\.1:20123: Cannot assign requested address$'
wrong() { # REGEX WORD...
    local said=$1
    shift
    check "usage: serve $*" exits 2 "$ARENATOP" serve "$@"
    check "says: $said" one_error "$said"
}
wrong "^arenatop: serve: --listen: 'x' is not ADDR:PORT, as in 127\.0\.0\.1:9920$" --listen x
wrong "^arenatop: serve: '\./file': metrics are of running processes" ./file
wrong "^arenatop: serve: '': metrics are of running processes" ""
wrong "^arenatop: serve: 99999999999: no pid is that large" 99999999999

listens_on_loopback_only() { # in a network of its own, where the default port is free
    unshare --net bash -c 'ip link set lo up 2>/dev/null || true
        "$ARENATOP" serve >default.out 2>default.err & server=$!
        for _ in {1..600}; do grep -q serving default.out && break; sleep 0.1; done
        awk "\$4 == \"0A\" { print \$2 }" /proc/net/tcp /proc/net/tcp6
        kill "$server"; wait "$server"' >listening
    equal "serving http://127.0.0.1:9920/metrics" "$(cat default.out)" && equal "0100007F:26C0" "$(cat listening)"
}
export ARENATOP
if [ "$UID" -eq 0 ] && unshare --net true 2>/dev/null; then
    check "by itself it listens at 127.0.0.1:9920 and nowhere else" listens_on_loopback_only
else
    skip "by itself it listens at 127.0.0.1:9920" "needs root and namespaces"
fi

check "SIGTERM ends it" stop "$serve"
check "with status 0" equal 0 "$status"
check "it never said a word" equal "" "$(cat all.err)"
start untold sh -c 'exec "$ARENATOP" serve --listen 127.0.0.1:'"$port"' >/dev/full'
untold=$pid
check "where its line cannot be written it serves all the same" wait_for "it" answers_with 200 /healthz
check "and ends" stop "$untold"
check "as well" equal 0 "$status"
check "its port is free at once" exits 124 timeout 1 "$ARENATOP" serve --listen "127.0.0.1:$port"
open_terminal 80x24 "$ARENATOP" serve --listen 127.0.0.1:0
check "in a terminal" wait_screen '^serving http://127\.0\.0\.1:[0-9]+/metrics$'
keys C-c
check "Ctrl-C ends it, with status 0" wait_for "its end" left_terminal 0
close_terminal
stop "$again"
done_testing
