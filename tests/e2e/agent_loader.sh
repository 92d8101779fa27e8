#!/usr/bin/env bash
# How a program's objects are bound, and from where they are found, under the agent.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

export ARENATOP_CONF=quiet:true

# A module that is opened with RTLD_DEEPBIND takes its own definition before the program's, and libc's malloc() before any
# that is preloaded.
cat >module.c <<'END'
#include <stdlib.h>
const char *whose(void) { return "the module's"; }
const char *asked(void) { return whose(); }
void *take(void) { return malloc(100); }
void give(void *block) { free(block); }
END
cat >opens.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
const char *whose(void) { return "the program's"; }
int main(int argc, char **argv) {
    if (argc > 2) unsetenv(argv[2]);
    void *module = dlopen("./module.so", RTLD_NOW | RTLD_DEEPBIND);
    const char *(*asked)(void) = dlsym(module, "asked");
    void *(*take)(void) = dlsym(module, "take");
    void (*give)(void *) = dlsym(module, "give");
    for (int i = 0; i < atoi(argv[1]); i++) free(take()), give(malloc(100));
    puts(asked());
}
END
cc -shared -fPIC -fno-builtin -o module.so module.c
cc -w -rdynamic -fno-builtin -o opens opens.c
cc -w -rdynamic -fno-builtin -o brings opens.c -Wl,--no-as-needed "-l:$JEMALLOC"

check "alone, a module opened with RTLD_DEEPBIND has its own definitions" equal "the module's" "$(./opens 1000)"
check "under run its blocks are jemalloc's, as the program's" equal "the program's" "$("$ARENATOP" run ./opens 1000 2>&1)"
check "also where LD_PRELOAD is gone by then" equal "the program's" "$("$ARENATOP" run ./opens 1000 LD_PRELOAD 2>&1)"
check "also preloaded by hand" equal "the program's" "$(LD_PRELOAD="$AGENT $JEMALLOC" ./opens 1000 2>&1)"

cat >early.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
__attribute__((constructor)) static void open_early(void) {
    void *(*take)(void) = dlsym(dlopen("./module.so", RTLD_NOW | RTLD_DEEPBIND), "take");
    for (int i = 0; i < 1000; i++) free(take());
}
END
cc -shared -fPIC -fno-builtin -o libearly.so early.c
echo 'int puts(const char *); int main(void) { puts("early"); }' |
    cc -o early -x c - -L. -Wl,--no-as-needed -learly -Wl,-rpath,"$PWD"
check "also before the agent's beginning" equal early "$("$ARENATOP" run ./early 2>&1)"

# Where jemalloc is the program's own, so is the choice; and an agent that is off does nothing.
check "when the agent is off, it is left as it is" equal "the module's" \
    "$("$ARENATOP" run --conf enabled:false ./opens 0 2>&1)"
mkdir libjemalloc.d
cp "$AGENT" libjemalloc.d
check "a program that brings jemalloc is left as it is" equal "the module's" "$("$ARENATOP" run ./brings 0 2>&1)"
check "wherever the agent lies" equal "the module's" \
    "$(LD_PRELOAD="$PWD/libjemalloc.d/${AGENT##*/}" ./brings 0 2>&1)"

# libc looks at who calls: it is the caller's RUNPATH that counts.
cat >beside.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
void open_far(void) {
    puts(dlopen("libfar.so", RTLD_NOW) != NULL ? "found" : dlerror());
    puts(dlopen("libdeep.so", RTLD_NOW | RTLD_DEEPBIND) != NULL ? "found" : dlerror());
}
END
mkdir far
for name in far deep; do
    echo "int $name;" | cc -shared -fPIC -o "far/lib$name.so" -x c -
done
# shellcheck disable=SC2016 # the loader's word
cc -shared -fPIC -o libbeside.so beside.c -Wl,--enable-new-dtags,-rpath,'$ORIGIN/far'
echo 'void open_far(void); int main(void) { open_far(); }' | cc -w -o calls -x c - -L. -lbeside -Wl,-rpath,"$PWD"
check "an object is found by its caller's RUNPATH" equal $'found\nfound' "$("$ARENATOP" run ./calls 2>&1)"
done_testing
