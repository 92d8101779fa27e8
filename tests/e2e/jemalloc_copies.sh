#!/usr/bin/env bash
# Where jemalloc is: shared, linked in, hidden, stripped with its symbols elsewhere, behind a prefix, twice, or not at all;
# older and newer than Debian's. All are made of what Debian ships (libjemalloc-dev).
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/agent.bash
. "$ROOT/tests/e2e/agent.bash"

export ARENATOP_CONF=interval_ms:50 ARENATOP_RULES=''
lib=$ROOT/tests/workloads/lib

# ---- what is watched ----

c=(cc -std=c11 -D_GNU_SOURCE -O2 -fno-builtin -pthread)
static=(-l:libjemalloc.a -lstdc++ -lm)

# renamed FROM TO SED: a jemalloc of C alone with its public names changed.
renamed() {
    cp "$(cc -print-file-name="$1")" "$2" && ar d "$2" jemalloc_cpp.o jemalloc_cpp.pic.o &&
        nm -g --defined-only "$2" | awk 'NF == 3 && $3 !~ /^je_/ { print $3 }' | sort -u >public &&
        sed -E "$3" public >names && objcopy --redefine-syms=names "$2"
}

build() {
    "${c[@]}" -o shared "$lib/holder.c" -ljemalloc &&
        "${c[@]}" -rdynamic -o exported "$lib/holder.c" "${static[@]}" &&
        "${c[@]}" -Wl,--build-id -o hidden "$lib/holder.c" "${static[@]}" &&
        "${c[@]}" -Wl,--exclude-libs,ALL -o secret "$lib/holder.c" "${static[@]}" &&
        renamed libjemalloc.a libje.a 's/.*/& je_&/' &&
        "${c[@]}" -DNAMED=je_ -o je "$lib/holder.c" libje.a -lm &&
        renamed libjemalloc.a librjem.a 's/.*/& _rjem_&/' &&
        "${c[@]}" -DNAMED=_rjem_ -o rjem "$lib/holder.c" librjem.a -lm &&
        renamed libjemalloc_pic.a libodd.a 's/.*/& odd_je_&/' &&
        "${c[@]}" -shared -o libodd.so -Wl,--whole-archive libodd.a -Wl,--no-whole-archive -lm &&
        "${c[@]}" -DNAMED=odd_je_ -o odd "$lib/holder.c" -L. -Wl,-rpath,"$PWD" -lodd &&
        renamed libjemalloc_pic.a libother.a 's/.*/& &/' &&
        "${c[@]}" -shared -o libother.so -Wl,--whole-archive libother.a -Wl,--no-whole-archive -lm &&
        renamed libjemalloc_pic.a libreal.a 's/^mallctl.*/& real_&/;t;s/.*/& &/' &&
        "${c[@]}" -shared -fPIC -DOLD -o libold.so "$lib/versions.c" -Wl,--whole-archive libreal.a -Wl,--no-whole-archive -lm &&
        "${c[@]}" -shared -fPIC -o libnew.so "$lib/versions.c" -Wl,--whole-archive libreal.a -Wl,--no-whole-archive -lm &&
        "${c[@]}" -o plain "$lib/holder.c"
}
build >build.out 2>&1 || bail "cannot build: $(tail -n 5 build.out)"

# ---- how it is looked at ----

# watched NAME COMMAND...: it comes to rest, and a snapshot of it to snap.json.
watched() {
    local name=$1
    shift
    start held "$@"
    check "$name: it runs as ever" wait_for "its work" grep -qx held held.out
    check "$name: is watched" next_dump "$pid" snap.json
}

# holder MODE: holds 8 MiB; in flow mode that is an estimate.
holder() {
    holds snap.json '.agent.mode == $mode and (.classes[] | select(.name == "holder")
        | .mode == $mode and .live > 8300000 and .live < 9000000)' --arg mode "$1"
}

why() {
    holds snap.json '.agent.why == $why' --arg why "$1"
}

# exact NAME COMMAND...
exact() {
    watched "$@"
    check "$1: is exact" holder exact
    check "$1: and its books close" holds snap.json '.process.unexplained == 0'
    stop "$pid"
}

# flow NAME WHY COMMAND...; the process of `doctor` is still there.
flow() {
    local name=$1 why=$2
    shift 2
    watched "$name" "$@"
    check "$name: is flow" holder flow
    check "$name: and says why" why "$why"
    check "$name: doctor says so, too" eval 'exits 5 "$ARENATOP" doctor "$pid" && grep -qF "$why" out'
    stop "$pid"
}

# unwatched NAME COMMAND...: is told in one line, and else as ever.
unwatched() {
    local name=$1
    shift
    start held "$@"
    check "$name: it runs as ever" wait_for "its work" grep -qx held held.out
    check "$name: is not watched, and that is said" \
        matches '^arenatop: no jemalloc serves malloc in this process.*`arenatop run' "$(cat held.err)"
    check "$name: in one line" equal 1 "$(wc -l <held.err)"
    check "$name: without a thread of ours" equal 2 "$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l)"
    stop "$pid"
}

# tells REGEX: among the warnings.
tells() {
    holds snap.json 'any(.agent.warnings[]; test($said))' --arg said "$1"
}

linked="jemalloc is linked into the executable"
named="malloc() is not jemalloc's: the program calls it by other names"
bare=(env "LD_PRELOAD=$AGENT")

# ---- one ----

exact "shared" "${bare[@]}" ./shared
exact "none, with run" "$ARENATOP" run -- ./plain
unwatched "none" "${bare[@]}" ./plain
flow "linked in, exported" "$linked" "${bare[@]}" ./exported
check "hidden: it is" equal "" "$(nm -D --defined-only hidden | grep mallctl)"
flow "hidden" "$linked" "${bare[@]}" ./hidden
flow "hidden, its malloc too" "$named" "${bare[@]}" ./secret
flow "behind je_" "$named" "${bare[@]}" ./je
flow "behind _rjem_" "$named" "${bare[@]}" ./rjem
flow "behind another prefix" "$named" "${bare[@]}" ./odd
flow "behind _rjem_, with run, which brings no second one" "$named" "$ARENATOP" run -- ./rjem
check "  and says nothing of one" holds snap.json '.agent.warnings | length == 1'

# ---- stripped ----

strip_to() { # FOLDER: hidden becomes ./stripped, its symbols a file in there
    rm -rf stripped stripped.debug .debug && mkdir -p "$1" && cp hidden stripped && objcopy --only-keep-debug stripped "$1/stripped.debug" &&
        strip stripped && objcopy --add-gnu-debuglink="$1/stripped.debug" stripped
}
check "stripped: it is" eval 'strip_to elsewhere && [ -z "$(nm stripped 2>/dev/null)" ]'
unwatched "stripped" "${bare[@]}" ./stripped
check "a debug file beside it" strip_to .
flow "stripped, a debug file beside it" "$linked" "${bare[@]}" ./stripped
check "a debug file in .debug" strip_to .debug
flow "stripped, a debug file in .debug" "$linked" "${bare[@]}" ./stripped
# Of another build: its addresses would be wrong ones.
check "a debug file of another build" eval 'strip_to .debug && cc -g -Wl,--build-id -o .debug/stripped.debug "$lib/holder.c" -DOTHER'
unwatched "stripped, a debug file of another build" "${bare[@]}" ./stripped
"${c[@]}" -Wl,--build-id=none -o hidden "$lib/holder.c" "${static[@]}"
check "a debug file by its checksum alone" strip_to .debug
flow "stripped, a debug file by its checksum alone" "$linked" "${bare[@]}" ./stripped
printf x >>.debug/stripped.debug
unwatched "stripped, a debug file with another checksum" "${bare[@]}" ./stripped

# by_build_id COMMAND...: with a /usr/lib/debug of its own that has the symbols of ./stripped.
by_build_id() {
    local id
    id=$(readelf -n stripped | sed -n 's/.*Build ID: //p')
    # shellcheck disable=SC2016 # sh expands it
    exec unshare -m sh -c 'mount -t tmpfs none /usr/lib/debug && mkdir -p "/usr/lib/debug/.build-id/$1" &&
        cp elsewhere/stripped.debug "/usr/lib/debug/.build-id/$1/$2.debug" && shift 2 && exec "$@"' sh "${id:0:2}" "${id:2}" "$@"
}
if [ "$(id -u)" -eq 0 ] && [ -d /usr/lib/debug ] && unshare -m true 2>/dev/null; then
    "${c[@]}" -Wl,--build-id -o hidden "$lib/holder.c" "${static[@]}"
    strip_to elsewhere
    objcopy --remove-section=.gnu_debuglink stripped
    export -f by_build_id
    flow "stripped, a debug file by its build id" "$linked" bash -c 'by_build_id "$@"' bash "${bare[@]}" ./stripped
else
    skip "stripped, a debug file by its build id" "needs root, namespaces and /usr/lib/debug"
fi

# ---- two ----

second='^another jemalloc is in this process, %smallctl\(\) of %s: what is taken from it is in no figure$'
# two NAME MODE SECOND COMMAND...: the one that serves malloc is followed, the second is told of.
two() {
    local name=$1 wanted=$2 said=$3
    shift 3
    watched "$name" "$@"
    check "$name: is $wanted" holder "$wanted"
    check "$name: the second is told of" tells "$said"
    check "$name: by doctor, too" eval '"$ARENATOP" doctor "$pid" | grep -q "another jemalloc is in this process"'
    check "$name: in one line" equal 1 "$(grep -c 'another jemalloc' held.err)"
    stop "$pid"
}
# shellcheck disable=SC2059 # it is a format
printf -v other "$second" '' 'libother.so'
printf -v debians "$second" '' 'libjemalloc.so.2'
printf -v prefixed "$second" je_ je
two "two shared ones" exact "$debians" env LD_PRELOAD="$AGENT $PWD/libother.so $JEMALLOC" ./plain
two "the other way round" exact "$other" env LD_PRELOAD="$AGENT $JEMALLOC $PWD/libother.so" ./plain
two "one in front of the program's own" flow "$debians" env LD_PRELOAD="$AGENT $JEMALLOC" ./exported

# The program takes nothing by malloc(): what it takes is in the one that is told of.
watched "a second one, hidden" env LD_PRELOAD="$AGENT $JEMALLOC" ./je
check "a second one, hidden: malloc's is followed" holds snap.json \
    '.agent.mode == "exact" and (.classes[] | select(.name == "holder") | .live < 1000000)'
check "a second one, hidden: is told of" tells "$prefixed"
stop "$pid"

# ---- older and newer ----

exact "as 5.2" env LD_PRELOAD="$AGENT $PWD/libold.so" ./plain
exact "as 5.3.1" env LD_PRELOAD="$AGENT $PWD/libnew.so" ./plain
check "as 5.3.1: the classes' arenas have their names" matches '^name [0-9]+ holder$' "$(cat held.out)"

# Its large blocks are of any number of pages, and counted for the next size class: together these are more than is allocated.
cat >large.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(void) {
    for (int i = 0; i < 100; i++)
        if (malloc(33000) == NULL) return 1;
    if (malloc(200000) == NULL) return 1;
    puts("held");
    fflush(stdout);
    pause();
}
END
"${c[@]}" -o large large.c
watched "as 5.3.1: large blocks" env LD_PRELOAD="$AGENT $PWD/libnew.so" ./large
"$ARENATOP" dump "$pid" --all | jq -c 'select(.sizes)' | tail -n 1 >sizes.json
check "as 5.3.1: no size class is missing" holds sizes.json \
    '[.sizes[] | select(.kind == "large" and .blocks == 100)] as $many | $many | length == 1 and
    any($snap[0].sizes[]; .arena == $many[0].arena and .size == 229376 and .blocks == 1)' --slurpfile snap sizes.json
stop "$pid"

# ---- its heap profiler: what libc allocates for our thread is no leak of the program's ----

cat >leaks.c <<'END'
#include <stdlib.h>
#include <unistd.h>
int main(void) {
    free(malloc(1000));
    usleep(100000); /* our thread is there */
    return 0;
}
END
"${c[@]}" -o leaks leaks.c
# profiled LIBRARIES: status 1 where it finds a leak, of a jemalloc without C++, whose library always has one.
profiled() {
    exits 0 env MALLOC_CONF=prof:true,prof_leak:true,prof_leak_error:true,prof_final:true,lg_prof_sample:0 LD_PRELOAD="$1" ./leaks
}
if LD_PRELOAD=$PWD/libother.so MALLOC_CONF=abort_conf:true,prof:true ./leaks; then
    check "profiled, without the agent: it has no leak" profiled "$PWD/libother.so"
    check "profiled, with it: nor then" profiled "$AGENT $PWD/libother.so"
else
    skip "profiled" "this jemalloc was built without it"
fi

# ---- its own threads, which one that is linked in makes by our pthread_create(), with its locks held ----

cat >switches.c <<'END'
#include <jemalloc/jemalloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static unsigned meeting; /* 1: the thread runs, 2: another has named it */
static void *switches(void *unused) {
    bool on = true;
    void *volatile held = malloc(100); /* its class stays, so the next needs another arena */
    __atomic_store_n(&meeting, 1, __ATOMIC_RELEASE);
    while (__atomic_load_n(&meeting, __ATOMIC_ACQUIRE) != 2) sched_yield();
    printf("%d\n", mallctl("background_thread", NULL, NULL, &on, sizeof on));
    fflush(stdout);
    return unused;
}
int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, switches, NULL);
    while (__atomic_load_n(&meeting, __ATOMIC_ACQUIRE) != 1) sched_yield();
    pthread_setname_np(thread, "named");
    __atomic_store_n(&meeting, 2, __ATOMIC_RELEASE);
    pause();
}
END
"${c[@]}" -rdynamic -o switches switches.c "${static[@]}"
start switches "${bare[@]}" ./switches
check "a thread that was just named by another switches them on" wait_for "its answer" grep -qx 0 switches.out
stop "$pid"
done_testing
