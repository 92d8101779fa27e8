#!/usr/bin/env bash
# ffmpeg: a pipeline of many threads that hand frames to each other: decoders, filters, an encoder. None of them has a name.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/../e2e/lib.sh"
# shellcheck source=tests/hosts/hosts.bash
. "$ROOT/tests/hosts/hosts.bash"

PROGRAM=ffmpeg PACKAGE=ffmpeg
CLASSES=(main '[libavcodec.so.59+…]' '[libavutil.so.57+…]' '[libx264.so.164+…]')

ffmpeg -v error -nostdin -f lavfi -i testsrc=size=640x360:rate=25:duration=8 -f lavfi -i sine=duration=8 \
    -c:v libx264 -preset veryfast -c:a flac film.mkv || bail "no film to work on"

# It reads the film from a pipe whose end is kept open: at its last frame it waits, in the middle of its work.
launch() {
    mkfifo film
    "$1" ffmpeg ffmpeg -v error -nostdin -threads 4 -f matroska -i film -filter_threads 2 -vf scale=320:180 \
        -c:v libx264 -threads 4 -x264-params sliced-threads=0 -c:a flac -bitexact -flags +bitexact -f framehash hashes
    exec 5>film
}

work() {
    cat ../film.mkv >&5
}

finish() {
    exec 5>&-
    wait_for "its end" gone "$pid" && stop "$pid" && cat hashes >>answers
}

host
