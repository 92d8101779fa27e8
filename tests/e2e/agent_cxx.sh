#!/usr/bin/env bash
# Unnamed threads of C++: each is of the class of what it runs, whichever routine of the library's it begins in.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/agent.bash
. "$ROOT/tests/e2e/agent.bash"

export ARENATOP_CONF=interval_ms:50 ARENATOP_RULES=''
unnamed=$WORKLOADS/unnamed-cc

# sorted PROGRAM: its classes as "NAME THREADS", sorted, one a line, in s.classes; with no class of its own, (unbound) too.
sorted() {
    start_watched s "$1"
    check "it comes to rest" wait_for ready grep -qx ready s.out && check "it is published" next_dump "$pid" s.json
    jq -r '.classes[] | select(.threads > 0) | "\(.name) \(.threads)"' s.json | LC_ALL=C sort >s.classes
    check "the books close" holds s.json '.process.unexplained == 0'
    check "it ends" stop "$pid"
    check "with its own status" equal 0 "$status"
    check "and nothing is said" equal "" "$(words s.err)"
}

are() { # CLASS...
    equal "$(printf '%s\n' "$@" | LC_ALL=C sort)" "$(cat s.classes)"
}

# at FUNCTION: where it is in the program, as a class is called by.
at() {
    nm -C "$unnamed" | sed -nE "s/^0*([0-9a-f]+) [TtW] $1\$/[stripped+0x\1]/p"
}

sorted "$unnamed"
check "functions, members, lambdas and objects by their names" are 'main 1' 'worker() 2' 'worker_with() 1' \
    'app::Pool::run() 1' 'app::Pool::*() 1' 'app::turn<int>() 1' 'app::Job() 1' 'main::{lambda#2}() 1' \
    'main::{lambda#3}() 1' 'app::Pool::start::{lambda#1}() 1' 'main::{lambda#4}() 1' 'main/std::async 1' 'plain() 1' \
    'mangled() 1'
check "their memory is theirs" holds s.json '[.classes[] | select(.name == "worker()") | .live >= 200000] == [true]'

# Types keep their names, functions stay apart.
cp "$unnamed" stripped && strip -s stripped
sorted "$TMP/stripped"
check "stripped" are 'main 1' "$(at 'worker\(\)') 2" "$(at 'worker_with\(.*\)') 1" "$(at 'app::Pool::run\(int\)') 1" \
    'app::Pool::*() 1' "$(at 'void app::turn<int>\(int&\)') 1" 'app::Job() 1' 'main::{lambda#2}() 1' \
    'main::{lambda#3}() 1' 'app::Pool::start::{lambda#1}() 1' 'main::{lambda#4}() 1' 'main/std::async 1' \
    "$(at plain) 1" "$(at 'mangled\(void\*\)') 1"

# Rules know a function by both its names, and the library by where the thread begins, too.
ARENATOP_RULES='short start=worker; long start=_Z11worker_with*; pool start=app::Pool::*; job start=app::Job lib=unnamed-cc
    rest lib=libstdc++.so*; own lib=unnamed-cc from=main' sorted "$unnamed"
check "by rules" are 'main 1' 'short 2' 'long 1' 'pool 3' 'job 1' 'rest 5' 'own 2'

# Without types at run time and without symbols, all that is known is who made it.
cat >bare.cc <<'CODE'
#include <cstdio>
#include <thread>
#include <unistd.h>
void worker() { for (;;) pause(); }
int main() { std::thread(worker).detach(); std::puts("ready"); std::fflush(stdout); pause(); }
CODE
g++ -fno-rtti -s -o bare bare.cc
start_watched bare ./bare
check "without types: by who made it" wait_dump "$pid" bare.json \
    '[.classes[] | select(.threads > 0) | .name] == ["main", "main/std::thread"]'
stop "$pid"

long=a-class-whose-name-is-as-long-as-the-name-of-a-class-can-be-at-most
ARENATOP_RULES="${long:0:63} start=main" start_watched bare ./bare
check "who is not the same, however long the name" wait_dump "$pid" bare.json \
    '[.classes[] | select(.threads > 0) | [.threads, (.name | length)]] == [[1, 63], [1, 63]]'
stop "$pid"

# Names are cut, and told apart by what was cut off: of two routines, and of two types that are called.
cat >long.cc <<'CODE'
#include <cstdio>
#include <pthread.h>
#include <thread>
#include <unistd.h>
namespace a_namespace_with_a_name_of_forty_letters {
namespace another_that_has_a_name_of_sixty_letters_and_of_no_more_at_all {
void *one(void *u) { for (;;) pause(); return u; }
void *two(void *u) { for (;;) pause(); return u; }
struct Three { void operator()() const { for (;;) pause(); } };
struct Four { void operator()() const { for (;;) pause(); } };
}
}
using namespace a_namespace_with_a_name_of_forty_letters::another_that_has_a_name_of_sixty_letters_and_of_no_more_at_all;
int main() {
    pthread_t id;
    if (pthread_create(&id, nullptr, one, nullptr) || pthread_create(&id, nullptr, two, nullptr)) return 1;
    std::thread(Three()).detach();
    std::thread(Four()).detach();
    std::puts("ready"), std::fflush(stdout), pause();
}
CODE
g++ -rdynamic -o long long.cc
start_watched long ./long
check "names that begin alike are different classes" wait_dump "$pid" long.json \
    '[.classes[] | select(.threads > 0 and (.name | startswith("a_namespace"))) | .threads] == [1, 1, 1, 1]'
stop "$pid"

# Plugins come and go, and so do their start routines: what one did says nothing of another that comes to lie in its place,
# however often that was.
cat >knows.c <<'CODE'
void *execute_native_thread_routine(void *u) { return u; }
CODE
cat >knows-not.c <<'CODE'
void *handle_the_number_that_is_given(void *u) { return u; }
CODE
cat >comes.c <<'CODE'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static void *run(const char *file, const char *routine, void *argument)
{
    pthread_t thread;
    void *plugin = dlopen(file, RTLD_NOW), *(*start)(void *) = dlsym(plugin, routine);
    pthread_create(&thread, 0, start, argument);
    pthread_join(thread, 0);
    dlclose(plugin);
    return (void *)start;
}
int main(int argc, char **argv)
{
    static void *state[4];
    void *first = run("./knows.so", "execute_native_thread_routine", state);
    for (int i = 1; i < atoi(argv[1]); i++) dlclose(dlopen("libm.so.6", RTLD_NOW));
    puts(first == run("./knows-not.so", "handle_the_number_that_is_given", (void *)8) ? "same place" : "another place");
}
CODE
for plugin in knows knows-not; do
    cc -shared -fPIC -o "$plugin.so" "$plugin.c"
done
cc -w -o comes comes.c
for times in 1 128 256; do
    check "after $times unloadings" equal "same place" "$(LD_PRELOAD="$AGENT $JEMALLOC" ./comes "$times" 2>&1)"
done
done_testing
