#!/usr/bin/env bash
# Programs and libraries with allocators of their own, whole or for C++ only, run under the agent as they do without it:
# each ends the program when it is given a block of somebody else's (tests/workloads/lib). And those who free before
# anybody's constructor, and those who begin threads themselves.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/exact.bash
. "$ROOT/tests/e2e/exact.bash"

export ARENATOP_CONF=interval_ms:50 ARENATOP_RULES=''
lib=$ROOT/tests/workloads/lib

build() {
    local c=(cc -std=c11 -D_GNU_SOURCE -O2 -pthread) cc=(c++ -std=c++17 -D_GNU_SOURCE -O2 -pthread -Wno-sized-deallocation)
    "${c[@]}" -fPIC -fno-builtin -shared -o libown.so "$lib/own_malloc.c" &&
        "${c[@]}" -o work "$lib/work.c" &&
        "${c[@]}" -fno-builtin -o work_own "$lib/work.c" "$lib/own_malloc.c" &&
        "${c[@]}" -c "$lib/work.c" &&
        "${cc[@]}" -fPIC -c "$lib/own_new.cc" "$lib/work_new.cc" &&
        "${cc[@]}" -rdynamic -o work_new work.o own_new.o work_new.o &&
        "${cc[@]}" -shared -o libownnew.so own_new.o &&
        "${cc[@]}" -o work_new_linked work.o work_new.o -L. -Wl,-rpath,"$PWD" -lownnew -ljemalloc &&
        "${c[@]}" -fPIC -shared -Wl,-z,lazy -o libearly.so "$lib/early.c" &&
        "${c[@]}" -fPIC -shared -o libbegins.so "$lib/begins.c" &&
        "${c[@]}" -DFREES -fPIC -shared -o libbegins-frees.so "$lib/begins.c" &&
        # a jemalloc without operators, and a plugin that brings some: nobody in the whole process has any before it
        echo '{ local: _Z*; };' >no_operators.map &&
        "${cc[@]}" -static-libstdc++ -static-libgcc -shared -o libjemalloc-plain.so -Wl,--whole-archive \
            -l:libjemalloc_pic.a -Wl,--no-whole-archive -Wl,--version-script,no_operators.map -lm &&
        "${c[@]}" -x c++ -std=c++17 -Wno-sized-deallocation -fno-exceptions -fPIC -shared -o plugin.so \
            "$lib/own_new.cc" "$lib/work_new.cc"
}
build >build.out 2>&1 || bail "cannot build: $(tail -n 3 build.out)"

# as_ever PRELOAD EXPECTED COMMAND...: ends well and prints what is expected, with and without the agent in front.
as_ever() {
    local preload=$1 expected=$2
    shift 2
    LD_PRELOAD=$preload exits 0 "$@" && equal "$expected" "$(cat "$TMP/out")" &&
        LD_PRELOAD="$AGENT $preload" exits 0 "$@" && equal "$expected" "$(cat "$TMP/out")"
}

unwatched() { # WHOSE
    one_error "no jemalloc serves malloc in this process, which runs on unwatched: that of $1 does; leave it out, .* jemalloc$"
}

check "malloc of a preloaded library" as_ever "$PWD/libown.so $JEMALLOC" 'done' ./work
check "  which is not watched, and that is said" unwatched libown.so
check "malloc of the program" as_ever "$JEMALLOC" 'done' ./work_own
check "  which is not watched, and that is said" unwatched work_own
check "new and delete of the program" as_ever "$JEMALLOC" $'it kept 1000, its allocator says 1000\ndone' ./work_new
check "  whose malloc is watched" equal "" "$(cat err)"
check "new and delete of a library it is linked with" \
    as_ever "" $'it kept 1000, its allocator says 1000\ndone' ./work_new_linked
check "  whose malloc is watched" equal "" "$(cat err)"
check "new and delete of a plugin, and of nobody else" as_ever "$PWD/libjemalloc-plain.so" \
    $'the plugin kept 1000, its allocator says 1000\ndone' ./work ./plugin.so
check "  in a program whose malloc is watched" equal "" "$(cat err)"
check "frees before the agent's constructor" as_ever "$JEMALLOC $PWD/libearly.so" $'done\nfreed 1497' ./work

# Who defines a form of delete that nobody had at the beginning is looked for while others come and go.
cat >churn.cc <<'CODE'
#include <stdlib.h>
void *operator new[](unsigned long bytes) { return malloc(bytes); }
extern "C" void churn(long times) { while (times-- > 0) { char *volatile block = new char[100]; delete[] block; } }
CODE
echo 'int idle(void) { return 1; }' >idle.c
cat >come_and_go.c <<'CODE'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
static volatile int over;
static void *come_and_go(void *u)
{
    while (!over)
        for (char file[] = "./idle0.so"; file[6] <= '9'; file[6]++) dlclose(dlopen(file, RTLD_NOW));
    return u;
}
static void *work(void *churn) { for (int i = 0; i < 20; i++) ((void (*)(long))churn)(20000); return churn; }
int main(void)
{
    pthread_t others, worker;
    void (*churn)(long) = (void (*)(long))dlsym(dlopen("./churn.so", RTLD_NOW), "churn");
    pthread_create(&others, 0, come_and_go, 0);
    pthread_create(&worker, 0, work, (void *)churn);
    pthread_join(worker, 0);
    over = 1;
    pthread_join(others, 0);
    puts("done");
}
CODE
build_plugins() {
    c++ -w -nostdlib -shared -fPIC -o churn.so churn.cc -lc && cc -w -pthread -o come_and_go come_and_go.c || return
    for i in {0..9}; do cc -shared -fPIC -o "idle$i.so" idle.c || return; done
}
check "plugins that come and go" build_plugins
come_and_go() {
    ARENATOP_RULES=$1 LD_PRELOAD="$AGENT $PWD/libjemalloc-plain.so" exits 0 ./come_and_go && equal 'done' "$(cat "$TMP/out")"
}
check "delete of a plugin, while others come and go" come_and_go ''
check "delete of a plugin, while others come and go, unbound" come_and_go '- name=*'

# The same, with the library before the agent in the order of search.
early_first() {
    LD_PRELOAD="$PWD/libearly.so $AGENT $JEMALLOC" exits 0 ./work && equal $'done\nfreed 1497' "$(cat "$TMP/out")"
}
check "frees by a library in front of the agent" early_first

# What the C++ side does on its own is not in the figures; the rest of the program is exact.
for program in work_new work_new_linked; do
    rm -f w.in
    mkfifo w.in
    start_watched w "./$program"
    if check "$program: a snapshot" wait_for "its work" printed w.out 2 && check "at rest" next_dump "$pid" snap.json; then
        check "$program: the books close" holds snap.json "$closes"
        check "$program: each class kept what it resized" holds snap.json \
            '[.classes[] | select(.name | startswith("work-")) | .live] == [80000, 80000]'
    fi
    stop "$pid" KILL
done

# What a library does in a thread before the agent knows it is (unbound)'s, in the agent's own thread, too.
for begins in libbegins libbegins-frees; do
    LD_PRELOAD=$PWD/$begins.so exact_case "threads that $begins begins" "$WORKLOADS/case_names" self
done
done_testing
