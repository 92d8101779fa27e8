#!/usr/bin/env bash
# Who may see, and who is believed: modes and owners, squatters, setuid programs, mappings of the viewer, names that a shell
# would take for commands. What one module can show is in its unit test (segment, target); here it is seen from outside.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

export ARENATOP_CONF=interval_ms:50 ARENATOP_RULES='' MALLOC_CONF=''
chmod 755 "$TMP"
umask 000

segment_is() { # FORMAT WANTED
    equal "$2" "$(stat -c "$1" "$(segments_of "$pid")")"
}

# ---- mode and owner ----

start_watched busy "$WORKLOADS/busy" 10000000
check "a program is watched" wait_dump "$pid" s.json
busy=$pid
check "its segment is the user's alone, whatever the umask is" segment_is '%a %u' "600 $UID"

# ---- the viewer maps nothing that it could write ----

# Of a segment, every mapping of the process: at least one, none writable.
only_reads() { # PID
    local mapped
    mapped=$(grep '/dev/shm/arenatop\.' "/proc/$1/maps") && matches '^[0-9a-f-]* r--s' "$mapped" &&
        equal "" "$(grep -v '^[0-9a-f-]* r--s' <<<"$mapped")"
}

holds_it_read_only() { # NAME PID
    check "$1 maps it, and cannot write to it" wait_for "a mapping" only_reads "$2"
    check "$1 has no file of that folder open for writing" equal "" \
        "$(find "/proc/$2/fd" -lname '/dev/shm/*' -perm -u+w -printf '%l\n')"
}

open_terminal 100x30 "$ARENATOP" "$busy"
check "a view" wait_screen '● live'
holds_it_read_only "the view" "$(terminal display-message -p -t view '#{pane_pid}')"
close_terminal
start record "$ARENATOP" record "$busy" -o r.rec
holds_it_read_only "record" "$pid"
stop "$pid"
start batch "$ARENATOP" -b -d 1 "$busy"
holds_it_read_only "batch" "$pid"
stop "$pid"

# ---- names are data ----

# shellcheck disable=SC2016 # a name that is meant to be dangerous
readonly sly='$(>a);`>b`;>c&'
cat >named.c <<'END'
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
static void *named(void *name) {
    static void *volatile kept;
    pthread_setname_np(pthread_self(), name);
    for (;;) { kept = malloc(100000); usleep(1000); }
}
int main(int argc, char **argv) {
    pthread_t thread;
    return argc != 2 || pthread_create(&thread, NULL, named, argv[1]) || pthread_join(thread, NULL);
}
END
cc -w -pthread -o named named.c
start_watched named ./named "$sly"
named=$pid
mkdir commands
check "a class with a shell's signs in its name" wait_dump "$named" n.json
# The command is run where the recorder is, and leaves its file where nothing else is.
# shellcheck disable=SC2016 # the command's variables
start recorder "$ARENATOP" record "$named" -o w.rec --when "*.live > 1M" \
    --exec 'cd commands && printf %s "$ARENATOP_CLASS" >class'
check "is recorded, with a command" wait_for "its file" test -s commands/class
stop "$pid"
check "the command has the name as it is" equal "$sly" "$(cat commands/class)"
check "and nothing in it was run" equal class "$(ls commands; find . -name '[abc]')"
stop "$named" KILL
stop "$busy" KILL

# ---- setuid ----

# LD_PRELOAD is the loader's to ignore; a program that names the agent itself has it loaded all the same.
cat >plain.c <<'END'
#include <stdlib.h>
#include <unistd.h>
int main(void) { char c; free(malloc(100)); write(1, "up\n", 3); return read(0, &c, 1) < 0; }
END

said_up() { [ -s "$1.out" ]; }

runs_as_nobody() { # NAME: `pid` is the program's
    mkfifo "$1.in"
    start "$1" setpriv --reuid 65534 --regid 65534 --clear-groups "./$1"
    check "$1 runs" wait_for "its line" said_up "$1"
}

has_the_agent() { # PID
    grep -qs arenatop "/proc/$1"/task/*/comm
}

if [ "$UID" -eq 0 ] && command -v setpriv >/dev/null; then
    cp "$AGENT" .
    cc -w -o ordinary plain.c -Wl,--no-as-needed libarenatop.so -l:"$JEMALLOC" -Wl,-rpath,"$TMP"
    cp ordinary setuid && chmod 4755 setuid
    runs_as_nobody ordinary
    check "an ordinary program that names the agent is watched" wait_for "the agent's thread" has_the_agent "$pid"
    check "and its segment is its user's" wait_for "its segment" segment_is '%a %u' "600 65534"
    printf '\0\0\0\0' | dd of="$(segments_of "$pid")" bs=1 seek=36 conv=notrunc status=none # at_header.uid
    "$ARENATOP" ls --json >ls.json
    check "whatever it says of that" holds ls.json 'any(.[]; .pid == $pid and .uid == 65534)' --argjson pid "$pid"
    echo 1<>ordinary.in
    check "it ends" stop "$pid"
    ARENATOP_CONF=bad:key runs_as_nobody setuid
    check "it is root's" matches '^Uid:.*65534[[:space:]]+0' "$(cat "/proc/$pid/status")"
    check "the same one, setuid, reads no environment and says nothing of it" equal "" "$(cat setuid.err)"
    # The ordinary one had its segment after 50 ms; a thread of the agent's would be there from the beginning.
    check "it has no thread of the agent" eval '! has_the_agent "$pid"'
    check "and no segment" equal "" "$(segments_of "$pid")"
    echo 1<>setuid.in
    check "it ends, too" stop "$pid"
else
    skip "setuid programs" "needs root and setpriv"
fi
done_testing
