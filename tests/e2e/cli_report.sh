#!/usr/bin/env bash
# report: a recording as one page: whole, quiet, with the figures of the dumps, whatever the names are; in a real browser.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
SYNTH=$BUILD/tests/synth
BROWSER=chromium

# Whichever Python has the parsers: Debian's has them from its package.
for python in python3 /usr/bin/python3; do
    "$python" -c 'import lxml.html' 2>/dev/null && break
done || bail "no Python with lxml"
command -v "$BROWSER" >/dev/null || bail "$BROWSER is not installed"

good_page() { # PAGE [FIRST.json LAST.json]
    "$python" "$ROOT/tests/e2e/report_page.py" "$@"
}
words() { # PAGE: its text on one line, without the style sheet
    "$python" -c 'import sys, lxml.etree
page = lxml.etree.parse(sys.argv[1]).getroot().find("body")
print(" ".join("".join(page.itertext()).split()))' "$1"
}
ends_of() { # TARGET: first.json and last.json
    "$ARENATOP" dump "$1" --all >all.json && head -n 1 all.json >first.json && tail -n 1 all.json >last.json
}
is_true() { # FILE
    exits 0 "$ARENATOP" report "$1" -o page.html && equal "" "$(cat out)" && ends_of "$1" &&
        good_page page.html first.json last.json
}
tells_the_truth() { # FILE, and nothing else
    is_true "$1" && equal "" "$(cat err)"
}

# ---- figures ----

"$SYNTH" --file segment --growth 1M,-64K,0 --classes 14 --flows 60 --limit 4G --warnings 2 --ring 4M
check "a copied segment" tells_the_truth ./segment
told() {
    matches "In 00:59 live memory went from " "$(words page.html)" &&
        matches "main grew most, by \+59\.0M \(\+1\.00M/s\)" "$(words page.html)" &&
        matches "In the second half it was main again, by \+29\.0M \(\+1\.00M/s\)" "$(words page.html)" &&
        matches "RSS is [0-9.]+[MG], [0-9.]+% of the limit of 4\.00G\." "$(words page.html)" &&
        matches "agreed in 60 of 60 snapshots" "$(words page.html)" &&
        matches "synthetic warning 2 of 2" "$(words page.html)" && matches "All 60 snapshots are drawn" "$(words page.html)" &&
        matches "Missing *nothing" "$(words page.html)"
}
check "what has to be known is told in words" told
meaning() {
    matches "LIVE *Usable bytes that the class's threads allocated and nobody has freed yet\." "$(words page.html)" &&
        matches "CACHED *Bytes freed but still held in thread caches" "$(words page.html)"
}
check "and what LIVE and CACHED mean" meaning
check "a recording of it is recorded" exits 0 "$ARENATOP" record ./segment -o recording
check "and reported on" tells_the_truth ./recording
same_either_way() {
    exits 0 "$ARENATOP" report ./recording && cmp out page.html && exits 0 "$ARENATOP" report ./recording -o - &&
        cmp out page.html
}
check "without -o, and with -o -, the same goes to standard output" same_either_way

"$SYNTH" --file lone --history 1 --classes 3
check "one snapshot alone" tells_the_truth ./lone
check "is said to be one" matches "One snapshot only" "$(words page.html)"
"$SYNTH" --file long --history 4000 --classes 5 --threads 1 --ring 16M --wave 3M
check "a long one" tells_the_truth ./long
check "says that it is thinned" matches "drawn from 4,000 snapshots in 300 shares" "$(words page.html)"
thin() { # the picture has some hundreds of points, and not more for more snapshots
    [ "$(grep -o 'class="layer s0" d="[^"]*"' page.html | tr ' ' '\n' | grep -c ,)" -le 1204 ] &&
        [ "$(stat -c %s page.html)" -lt 400000 ]
}
check "and is" thin
peaks() { # the page's highest is that of all snapshots
    equal "$(jq -s '[.[].classes | map(.live) | add] | max' all.json)" \
        "$("$python" -c 'import lxml.etree
foot = lxml.etree.parse("page.html").find(".//tfoot")
print([cell for cell in foot.iter("td") if "peak" in cell.get("class")][0].find("data").get("value"))')"
}
check "without losing the highest" peaks

"$SYNTH" --file flow --mode flow --reason 4 --unexplained 12345
check "a process in flow mode" tells_the_truth ./flow
check "is one of estimates, and why" matches "figures of live are estimates; jemalloc is linked into the executable" \
    "$(words page.html)"
"$SYNTH" --file unseen --mode flow --reason 4 --traffic 0 --growth 0
check "that nobody was seen to free anything" tells_the_truth ./unseen
check "does not mean that nobody did" matches "Flow mode knows no flows: frees are not seen\." "$(words page.html)"
"$SYNTH" --file off --unexplained 12345
check "books that do not close" tells_the_truth ./off
check "are told" matches "were off in 60 of 60 snapshots, by up to 12\.1K" "$(words page.html)"

# ---- what a name may hold ----

"$SYNTH" --file weird --names weird --classes 12 --flows 30 --comm '<script>&"'
check "names that are markup, controls and broken UTF-8" exits 0 "$ARENATOP" report ./weird -o page.html
check "make no markup" good_page page.html
check "and are shown as they are" matches '^<script>&" 4711 In ' "$(words page.html)"
check "with what cannot be shown spelled out" matches '\\x1b\[31mred\\x1b\[0m' "$(words page.html)"
"$SYNTH" --file names --names long --classes 65 --flows 4000 --threads 3 --ring 64M
check "names of all the bytes there are, and as many classes as there may be" exits 0 "$ARENATOP" report ./names -o page.html
check "make none either" good_page page.html

# ---- real processes ----

ARENATOP_CONF=interval_ms:20 start_watched demo "$WORKLOADS/demo-server"
demo=$pid
check "a real server publishes" wait_dump "$demo" demo.json
check "a recording of a real server" exits 0 "$ARENATOP" record "$demo" -o real -n 40
check "its report" tells_the_truth ./real
check "names its classes" matches "worker_\* .* acceptor-\*" "$(words page.html)"
check "its command" matches "Command *$WORKLOADS/demo-server" "$(words page.html)"
check "and that it was running" matches "from a recording; at the last one, the process was running" "$(words page.html)"
check "of the process itself" exits 0 "$ARENATOP" report "$demo" -o page.html
check "a page, too" good_page page.html
check "by its name" exits 0 "$ARENATOP" report demo-server -o page.html
stop "$demo"

start gappy "$SYNTH" --every 0 --classes 8 --history 5
gappy=$pid
wait_for "synth" grep -q ^ready gappy.out
"$ARENATOP" record "$gappy" -o gaps --for 0.01 >/dev/null
"$ARENATOP" dump "$gappy" | jq .seq >seq
rounds() { # the ring has gone round, and what was recorded is gone from it
    # Many at a time: signals that come while one is pending are one.
    for _ in $(seq 100); do kill -USR1 "$gappy"; done
    [ "$("$ARENATOP" dump "$gappy" --all | head -n 1 | jq .seq)" -gt $(($(cat seq) + 3)) ]
}
check "the ring goes round" wait_for "it" rounds
"$ARENATOP" record "$gappy" -o gaps --for 0.01 >/dev/null
stop "$gappy"
check "a recording with a gap" tells_the_truth ./gaps
missing() {
    local missing
    missing=$(jq -s 'last.seq - first.seq + 1 - length' all.json)
    [ "$missing" -gt 0 ] && matches "Missing *$missing snapshots?" "$(words page.html)" && grep -q 'rect class="gap"' page.html
}
check "tells how many snapshots are missing, and shows where" missing
head -c -7 recording >cut-off
check "a recording that was cut off" is_true ./cut-off
check "is said to be" one_error '^arenatop: \./cut-off: ends in the middle of a snapshot, which is left out$'
check "and says so" matches "the file ends in the middle of a snapshot" "$(words page.html)"

# ---- whole or not at all ----

refuses() { # STATUS REGEX WORD...
    local status=$1 said=$2
    shift 2
    check "report $* is refused" exits "$status" "$ARENATOP" report "$@"
    check "says: $said" one_error "$said"
}
mkdir folder && mkfifo fifo && : >empty && cp /bin/sh alien
refuses 2 '^arenatop: report: TARGET: missing; see'
refuses 3 '^arenatop: 2147483647: no such process' 2147483647
refuses 1 '^arenatop: ./none: No such file or directory' ./none
refuses 1 '^arenatop: ./folder: ' ./folder
refuses 1 '^arenatop: ./fifo: ' ./fifo
refuses 1 '^arenatop: ./empty: ' ./empty
refuses 1 '^arenatop: ./alien: neither a segment nor a recording' ./alien
refuses 1 '^arenatop: none/page: No such file or directory$' ./recording -o none/page
refuses 1 '^arenatop: /dev/full: No space left on device$' ./recording -o /dev/full
"$SYNTH" --file nothing --history 0
refuses 1 '^arenatop: ./nothing: no snapshot in it$' ./nothing
"$SYNTH" --file lies --lie snapshot --history 1
refuses 1 '^arenatop: ./lies: no snapshot in it can be read, all are damaged: 1$' ./lies
too_large() {
    echo before >kept
    (ulimit -f 16 && exec "$ARENATOP" report ./recording -o kept) 2>err
    equal 1 $? && one_error '^arenatop: kept: File too large$' && equal before "$(cat kept)"
}
check "a page that grows too large leaves what was there" too_large
closed_pipe() {
    { "$ARENATOP" report ./recording 2>err; echo $? >status; } | head -c 10 >/dev/null
    equal "" "$(cat err)" && equal 141 "$(cat status)"
}
check "a reader that goes away ends it without a word" closed_pipe
check "nothing half-written is left" equal "" "$(find . -name '.arenatop*')"

# ---- on a terminal ----

"$ARENATOP" record ./long -o long.recording >/dev/null
# Its progress is told some sixty times: of each, what is longer than the terminal is wide would stay.
open_terminal 30x10 "$ARENATOP" record ./long -o narrow --when 'main.live > 1000G'
check "a recorder in a narrow terminal ends" wait_for "the end" left_terminal 0
check "and leaves none of its progress" equal "" "$(screen | grep '^armed')"
close_terminal
# shellcheck disable=SC2016 # the other shell's
open_terminal 80x10 bash -c 'read -r; set -m; "$0" record ./long -o job --when "main.live > 1000G" & wait; echo over' \
    "$ARENATOP"
terminal pipe-pane -t view "cat >>$TMP/written"
keys Enter
check "a recorder in the background ends" wait_for "its end" grep -q '^over' written
check "and shows no progress, which would be written over what is typed" equal 0 "$(grep -c armed written)"
close_terminal
slowly() { # COMMAND...: reading is slow
    strace -o /dev/null -e trace=pread64 -e inject=pread64:delay_enter=1000:when=100+ "$@"
}
if slowly true 2>/dev/null; then
    export -f slowly
    export ARENATOP
    open_terminal 80x10 bash -c 'slowly "$ARENATOP" report ./long.recording -o slow.html'
    check "a long recording shows how far it is" wait_screen '^read [0-9,]+ of 4,000 snapshots, [0-9.]+%'
    keys C-c
    check "Ctrl-C ends it" wait_for "the end" left_terminal
    close_terminal
    check "and leaves nothing" equal "" "$(find . -name slow.html -o -name '.arenatop*')"
else
    skip "a long recording shows how far it is" "strace may not trace here"
fi

# ---- in a browser ----

# browse FILE OPTION...: headless, with nothing of its own on the network; what it has to say is in `err`.
browse() {
    local file=$1
    shift
    HOME=$TMP/home timeout -k 5 100 "$BROWSER" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync --user-data-dir="$TMP/profile" \
        --enable-logging=stderr --hide-scrollbars --window-size=800,1050 "$@" "file://$TMP/$file" >out 2>err
}
cat >pixels.py <<'PYTHON'
"""pixels.py FILE.png COLOUR=AT_LEAST...: how often colours must occur in a picture."""
import collections, struct, sys, zlib

def picture(data):
    """Rows of (r, g, b), from a PNG of 8 bits a channel without interlacing."""
    chunks, at = collections.defaultdict(bytes), 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        chunks[kind] += data[at + 8 : at + 8 + length]
        at += length + 12
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert depth == 8 and colour in (2, 6) and not interlaced
    size, raw = 3 if colour == 2 else 4, zlib.decompress(chunks[b"IDAT"])
    above = bytearray(width * size)
    for y in range(height):
        start = y * (width * size + 1)
        kind, line = raw[start], bytearray(raw[start + 1 : start + 1 + width * size])
        for i in range(len(line)):
            a, b, c = line[i - size] if i >= size else 0, above[i], above[i - size] if i >= size else 0
            if kind == 1:
                line[i] = line[i] + a & 255
            elif kind == 2:
                line[i] = line[i] + b & 255
            elif kind == 3:
                line[i] = line[i] + (a + b) // 2 & 255
            elif kind == 4:
                p = a + b - c
                near = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
                line[i] = line[i] + near & 255
        yield [tuple(line[i : i + 3]) for i in range(0, len(line), size)]
        above = line

found = collections.Counter(pixel for line in picture(open(sys.argv[1], "rb").read()) for pixel in line)
for word in sys.argv[2:]:
    colour, wanted = word.split("=")
    got = found[tuple(bytes.fromhex(colour))]
    assert got >= int(wanted), "%s: %d pixels, wanted %s; most are %s" % (colour, got, wanted, found.most_common(8))
PYTHON
silent() { # the page made the browser complain of nothing
    ! grep -E 'CONSOLE' err
}

# The picture is in the window: main, the largest class, is blue, the next two are orange and green.
"$SYNTH" --file picture --classes 5
check "the page for the browser" exits 0 "$ARENATOP" report ./picture -o page.html
check "the browser opens it" browse page.html --screenshot="$TMP/light.png"
check "without a complaint" silent
check "the layers are there, on a light ground" "$python" pixels.py light.png 0072b2=5000 e69f00=3000 009e73=3000 ffffff=50000
check "in the dark" browse page.html --screenshot="$TMP/dark.png" --blink-settings=preferredColorScheme=0
check "they are there on a dark one" "$python" pixels.py dark.png 2f8fcf=5000 e8a317=3000 1fb085=3000 1b1f24=50000
check "the browser has it as a document" browse page.html --dump-dom
as_written() {
    cp out dom.html && equal "$("$python" -c 'import lxml.html
html = lxml.html.parse("page.html", lxml.html.HTMLParser(encoding="utf-8"))
dom = lxml.html.parse("dom.html", lxml.html.HTMLParser(encoding="utf-8"))
for page in (html, dom):
    assert page.find(".//svg[@id=\"stack\"]//path[@class=\"layer s0\"]") is not None
print([node.tag for node in html.iter()] == [node.tag for node in dom.iter()])')" True
}
check "with the picture, as it was written" as_written
check "names that are markup" exits 0 "$ARENATOP" report ./weird -o page.html
check "open, too" browse page.html --dump-dom
check "and do nothing" silent
check "and are text" as_written

done_testing
