#!/usr/bin/env bash
# run: what it preloads and sets for which command, and its exit codes, those of env(1).
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

cat >show.c <<'C'
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
    if (argc == 1)
        puts(getenv("LD_PRELOAD") ? getenv("LD_PRELOAD") : "nothing");
    else
        puts(getenv(argv[1]) ? getenv(argv[1]) : "nothing");
    return 7 * (argc == 3);
}
C
gcc -o plain show.c || bail "no compiler"
gcc -o linked show.c -Wl,--no-as-needed "-l:$JEMALLOC" || bail "no jemalloc to link"
gcc -static -o static show.c || bail "no static libc"
# Quiet: what the agent says of itself is not what is tested here.
export ARENATOP_CONF=quiet:true

prints() { # WANTED COMMAND...
    local wanted=$1
    shift
    exits 0 "$ARENATOP" run -- "$@" && equal "$wanted" "$(cat out)" && equal "" "$(cat err)"
}
check "a command without jemalloc gets both" prints "$AGENT:$JEMALLOC" ./plain
check "one that links jemalloc gets the agent alone" prints "$AGENT" ./linked
printf '#!%s\n' "$TMP/linked" >script && chmod +x script
check "a script is judged by its interpreter" prints nothing ./script
cp linked linked-on-path
printf '#!/usr/bin/env linked-on-path\n' >script2 && chmod +x script2
check "also through env(1)" eval 'PATH=$TMP:$PATH prints nothing ./script2'
mkdir -p lib && gcc -shared -o lib/libown.so -Wl,--no-as-needed "-l:$JEMALLOC" -x c /dev/null -Wl,-soname,libown.so
gcc -o indirect show.c -Wl,--no-as-needed -Llib -lown "-Wl,-rpath,$TMP/lib" -Wl,--allow-shlib-undefined
check "jemalloc behind a library counts" prints "$AGENT" ./indirect
gcc -o by-path show.c -Wl,--no-as-needed -Llib -lown -Wl,--allow-shlib-undefined
check "also where only LD_LIBRARY_PATH finds it" eval 'LD_LIBRARY_PATH=$TMP/lib prints "$AGENT" ./by-path'
if ldd "$ARENATOP" | grep -q libasan; then
    skip "preloaded libraries stay" "the address sanitizer in arenatop itself wants to be first"
else
    check "what was preloaded stays, behind the agent" eval \
        'LD_PRELOAD=libm.so.6 prints "$AGENT:$JEMALLOC:libm.so.6" ./plain'
    check "jemalloc that was preloaded is enough" eval 'LD_PRELOAD=$JEMALLOC prints "$AGENT:$JEMALLOC" ./plain'
    check "run under run does not preload twice" prints "$AGENT:$JEMALLOC" "$ARENATOP" run -- ./plain
fi
# The runtime of a sanitizer refuses to come second, or crashes.
for sanitizer in address thread; do
    if gcc -fsanitize=$sanitizer -o $sanitizer show.c 2>build.err; then
        check "a command with the $sanitizer sanitizer is refused" exits 126 "$ARENATOP" run -- ./$sanitizer
        check "and why is said" one_error \
            "^arenatop: .*/$sanitizer: has lib[at]san.so.[0-9]*, whose malloc cannot be jemalloc's; build it without -fsanitize$"
    else
        skip "a command with the $sanitizer sanitizer" "$(tail -n 1 build.err)"
    fi
done
gcc -fsanitize=undefined -o undefined show.c &&
    check "that for undefined behaviour alone is not in the way" prints "$AGENT:$JEMALLOC" ./undefined
check "the command's options are its own" prints nothing ./plain --help
check "also without --" eval 'exits 0 "$ARENATOP" run ./plain --conf && equal nothing "$(cat out)"'

sets() { # WANTED VARIABLE OPTION...
    local wanted=$1 variable=$2
    shift 2
    exits 0 "$ARENATOP" run "$@" -- ./plain "$variable" && equal "$wanted" "$(cat out)"
}
check "--conf goes before ARENATOP_CONF" sets quiet:true,mode:flow ARENATOP_CONF --conf quiet:true,mode:flow
check "without it ARENATOP_CONF stays" sets quiet:true ARENATOP_CONF
echo 'work name=x' >"the rules"
check "--rules is handed on by its full path" sets "$TMP/the rules" ARENATOP_RULES_FILE --rules "the rules"
before_all() { # WANTED VARIABLE: with rules in every other place, too
    ARENATOP_RULES='x name=x' ARENATOP_RULES_FILE=/nothing ARENATOP_CONF=rules:/none,quiet:true,rules:/none,peak_ms:7 \
        sets "$1" "$2" --rules "the rules"
}
check "it goes before ARENATOP_RULES" before_all nothing ARENATOP_RULES
check "before ARENATOP_RULES_FILE" before_all "$TMP/the rules" ARENATOP_RULES_FILE
check "and before the settings, of which the others stay" before_all quiet:true,peak_ms:7 ARENATOP_CONF
check "also before those of --conf" sets quiet:true, ARENATOP_CONF --conf quiet:true,rules:/none --rules "the rules"
check "without it all stays" eval 'ARENATOP_RULES=x sets x ARENATOP_RULES'
check "rules that are not there" exits 126 "$ARENATOP" run --rules nothing -- ./plain
check "are named" one_error '^arenatop: nothing: No such file or directory$'

# ---- exit codes ----

export -f exits
export ARENATOP JEMALLOC TMP

check "the command's own status" exits 7 "$ARENATOP" run -- ./plain PATH status
check "and its death by a signal" exits 137 bash -c "\"$ARENATOP\" run -- bash -c 'kill -KILL \$\$'"
refuses() { # STATUS REGEX COMMAND...
    local status=$1 said=$2
    shift 2
    check "run $* ends with $status" exits "$status" "$ARENATOP" run -- "$@"
    check "says: $said" one_error "$said"
}
refuses 127 '^arenatop: atgt-none: No such file or directory$' atgt-none
refuses 127 '^arenatop: ./atgt-none: No such file or directory$' ./atgt-none
refuses 126 '^arenatop: ./show.c: Permission denied$' ./show.c
refuses 126 '^arenatop: /tmp: Permission denied$' /tmp
refuses 126 '^arenatop: ./static: linked statically, so no agent can be loaded into it; link it dynamically' ./static
printf '#!/nowhere/sh\n' >lost && chmod +x lost
refuses 127 '^arenatop: ./lost: its interpreter cannot be run: No such file or directory$' ./lost
printf '#!/usr/bin/env atgt-none\n' >lost_by_env && chmod +x lost_by_env
printf '#!%s/show.c\n' "$PWD" >locked && chmod +x locked
refuses 126 '^arenatop: ./locked: its interpreter cannot be run: Permission denied$' ./locked
refuses 126 '^arenatop: /etc/passwd/x: Not a directory$' /etc/passwd/x
as_env() { # COMMAND: run ends with the status with which env(1) ends
    local status
    env "$1" >/dev/null 2>&1
    status=$?
    check "run $1 ends as env(1) does" exits "$status" "$ARENATOP" run -- "$1"
}
for command in atgt-none ./atgt-none ./show.c /tmp ./lost ./lost_by_env ./locked /etc/passwd/x ''; do
    as_env "$command"
done
if [ "$UID" -eq 0 ]; then
    cp plain setuid && chown 65534 setuid && chmod 4755 setuid
    refuses 126 '^arenatop: ./setuid: setuid, setgid or with capabilities, so the loader ignores LD_PRELOAD; ' ./setuid
    check "not so where no privileges can be gained" exits 0 setpriv --no-new-privs "$ARENATOP" run -- ./setuid
    check "and the loader does not ignore it there" equal "$AGENT:$JEMALLOC" "$(cat out)"
    on_nosuid() { # in a mount namespace of its own
        mkdir -p nosuid && mount -t tmpfs -o nosuid none nosuid && cp -p setuid nosuid || return
        exits 0 "$ARENATOP" run -- ./nosuid/setuid
    }
    export -f on_nosuid
    if unshare --mount true 2>/dev/null; then
        check "nor on a file system without setuid" unshare --mount bash -c on_nosuid
    fi
else
    skip "a setuid program" "needs root"
fi
# Some supervisors hand SIGCHLD on ignored: no child of such a process leaves a status.
deaf=(env --ignore-signal=CHLD)
echo 'int own(void) { return 0; }' | gcc -shared -o lib/libgone.so -x c - && echo 'int own(void); int main(void) { return own(); }' |
    gcc -o incomplete -x c - -x none -Llib -lgone && rm lib/libgone.so
check "what lacks a library is the loader's to say" exits 127 "$ARENATOP" run -- ./incomplete
check "also where SIGCHLD is ignored" exits 127 "${deaf[@]}" "$ARENATOP" run -- ./incomplete
check "in its words" matches 'libgone.so: cannot open shared object file' "$(cat err)"
check "the command has it as it was" exits 0 "${deaf[@]}" "$ARENATOP" run -- \
    grep -qE '^SigIgn:.*[13579bdf].{4}$' /proc/self/status

mkdir "a folder" && cp "$ARENATOP" "$AGENT" "a folder"
check "a place that LD_PRELOAD cannot hold" exits 126 "a folder/arenatop" run -- ./plain
check "is said" one_error 'a folder/libarenatop.so: LD_PRELOAD cannot hold a path with a blank or a colon in it; '
mkdir bin lib2 && cp "$ARENATOP" bin
check "without its library" exits 126 bin/arenatop run -- ./plain
check "it says where it looked" one_error "^arenatop: libarenatop.so: neither in $TMP/bin/ nor in "
cp "$AGENT" lib
check "installed it finds it in ../lib" eval 'bin/arenatop run -- ./plain >out && equal "$TMP/lib/libarenatop.so:$JEMALLOC" "$(cat out)"'
mkdir empty
no_jemalloc() { # in a mount namespace of its own, without any libjemalloc
    local library
    for library in $(ldconfig -p | awk '/libjemalloc/ { print $NF }'); do
        mount --bind /dev/null "$(realpath "$library")" || return
    done
    exits 126 "$ARENATOP" run -- ./plain && one_error \
        "^arenatop: $JEMALLOC: not found, and .*plain has no jemalloc of its own; install it \(Debian: apt-get install libjemalloc2\)$"
}
export -f no_jemalloc one_error
if [ "$UID" -eq 0 ] && unshare --mount true 2>/dev/null; then
    check "a machine without jemalloc is told what to install" unshare --mount bash -c no_jemalloc
else
    skip "a machine without jemalloc" "needs root and namespaces"
fi

# ---- the whole of it ----

unset ARENATOP_CONF
start_watched sleeper sleep 600
sleeper=$pid
check "a command that it started is watched" wait_dump "$sleeper" watched ".comm == \"sleep\" and .state == \"live\""
stop "$sleeper"
done_testing
