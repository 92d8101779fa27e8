#!/usr/bin/env bash
# doctor: what it finds in real processes, well and unwell, under the agent and not; its exit codes and its JSON.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

# What a script relies on.
shape='.schema == "arenatop-doctor/1" and (.pid | type == "number") and (.comm | type == "string")
    and (.target | IN("process", "record", "file", "unwatched")) and (.attribution | IN("exact", "partial", "impossible"))
    and (.checks | length > 3) and all(.checks[]; keys == ["advice", "finding", "level", "name"]
        and (.name | test("^[a-z]+$")) and (.level | IN("ok", "note", "problem", "skipped"))
        and (.finding | type == "string" and length > 0) and (.advice | type == "string"))
    and .problems == ([.checks[] | select(.level == "problem")] | length)
    and .notes == ([.checks[] | select(.level == "note")] | length)
    and ([.checks[].name] | length == (unique | length))'

# examined STATUS TARGET [RUNNER...]: the verdict as JSON in $TMP/out, of the right shape and with the right exit code.
examined() {
    local status=$1 target=$2
    shift 2
    exits "$status" "$@" "$ARENATOP" doctor "$target" --json && equal "" "$(cat err)" && holds out "$shape"
}

# found CHECK LEVEL [FINDING [ADVICE]]: regular expressions; an advice of "-" is none.
found() {
    holds out 'any(.checks[]; .name == $name and .level == $level and (.finding | test($finding))
        and if $advice == "-" then .advice == "" else (.advice | test($advice)) end)' \
        --arg name "$1" --arg level "$2" --arg finding "${3:-}" --arg advice "${4:-}"
}

is() { # TARGET ATTRIBUTION
    holds out '.target == $target and .attribution == $attribution' --arg target "$1" --arg attribution "$2"
}

# A class that takes 32 MiB, gives it back and falls silent.
cat >idle.c <<'C'
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void *silent(void *unused)
{
    static void *blocks[512];
    (void)unused;
    pthread_setname_np(pthread_self(), "silent");
    for (int i = 0; i < 512; i++)
        if ((blocks[i] = malloc(65536)) != NULL)
            memset(blocks[i], 1, 65536);
    for (int i = 0; i < 512; i++)
        free(blocks[i]);
    for (;;)
        pause();
    return NULL;
}
int main(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, silent, NULL) || pthread_join(thread, NULL);
}
C
gcc -D_GNU_SOURCE -pthread -o idle idle.c || bail "no compiler"

# Needs ten seconds of history: it has them when the rest is done.
ARENATOP_CONF=interval_ms:100 start_watched idle ./idle
idle=$pid

# ---- well ----

start_watched server "$WORKLOADS/demo-server"
server=$pid
check "the demo server publishes" wait_dump "$server" server.json ".seq > 3"
check "a healthy process: exit 0, JSON" examined 0 "$server"
check "its attribution is exact" is process exact
check "no check has a problem" holds out '.problems == 0 and .pid == $pid and .comm == "demo-server"' --argjson pid "$server"
check "the agent is this program's" found agent ok "^version [0-9.]+, the same as this program$" -
check "jemalloc: its version, and the file" found jemalloc ok "^5\..* a shared library: /.*libjemalloc\.so\.2$" -
check "the order of preloading" found order ok "LD_PRELOAD=$AGENT:$JEMALLOC" -
check "the books close" found books ok "^close: " -
check "all threads are known" found threads ok "all of them: 10$" -
check "what the agent costs" found cost ok "% of a core since its start; a snapshot takes [0-9.]+(us|ms)" -
check "how far back one can look" found history ok "^[0-9]+ snapshots over [0-9][0-9]:[0-9]+ in a ring of 16.0M$" -
check "by name" exits 0 "$ARENATOP" doctor demo-server
check "the text begins with the verdict" matches "^demo-server, process $server: attribution is exact$" "$(head -n 1 out)"
check "has a line for each check" equal 18 "$(grep -cE '^(ok|note|problem|skipped) +[a-z]+ +[^ ]' out)"
check "and ends with the sum" matches '^0 problems, [0-9]+ notes?$' "$(tail -n 1 out)"
cp "$(segments_of "$server")" copy
check "a copied segment" examined 0 ./copy
check "is a file, and exact" is file exact
check "what needs the process says so" found shm skipped "needs the live process, and this is a file" -

# doctor says the figures of the dump; both of a file, which stays as it is.
durations='def digits: (. * 100 + 0.5 | floor) as $h | (. * 10 + 0.5 | floor) as $t |
    if $h < 1000 then "\($h / 100 | floor).\($h % 100 + 100 | tostring[1:])"
    elif $t < 10000 then "\($t / 10 | floor).\($t % 10)" else "\(. + 0.5 | floor)" end;
def duration: if . < 1000 then "\(.)ns" elif . < 999950 then (. / 1000 | digits) + "us"
    elif . < 999950000 then (. / 1000000 | digits) + "ms" else (. / 1000000000 | digits) + "s" end;
def percent: if . == 0 then "0%" elif . < 0.0995 then "0.\(. * 100 + 100.5 | floor | tostring[1:])%"
    else (. * 10 + 0.5 | floor | "\(. / 10 | floor).\(. % 10)%") end;'
costs_as_dumped() {
    local created
    created=$(od -An -t u8 -j 80 -N 8 copy) && "$ARENATOP" dump ./copy >copy.json && holds out "$durations"'
        $dump[0] as {agent: $agent, mono_ns: $now} | (100 * $agent.cpu_ns / ($now - $created) | percent) as $share |
        any(.checks[]; .name == "cost" and .finding == "\($share) of a core since its start; a snapshot takes " +
        "\($agent.sample_ns | duration), a look \($agent.look_ns | duration)")' \
        --slurpfile dump copy.json --argjson created "$created"
}
check "what the agent costs is what the dump says" costs_as_dumped

check "a recording of it" exits 0 "$ARENATOP" record "$server" -n 2 -o recording
check "is judged too" examined 0 ./recording
check "as a file" is file exact
check "with its own history" found history ok "^[0-9]+ snapshots over " -

# ---- not exact ----

start order env LD_PRELOAD="$JEMALLOC $AGENT" "$WORKLOADS/demo-server"
check "the wrong order publishes" wait_dump "$pid" order.json ".seq > 0"
check "the wrong order: exit 5" examined 5 "$pid"
check "attribution is partial" is process partial
check "the order is what is wrong" found order problem "LD_PRELOAD has jemalloc before the agent: $JEMALLOC" \
    'LD_PRELOAD="libarenatop.so libjemalloc.so.2"'
check "and why it is flow" found mode problem "another allocator stands before the agent" "arenatop run -- "
check "estimates have no books" found books skipped "exact mode only" -
check "the text gives what to do on a line of its own" eval \
    'exits 5 "$ARENATOP" doctor "$pid" && matches "^ +-> LD_PRELOAD=" "$(cat out)"'
stop "$pid"

ARENATOP_CONF=mode:flow start_watched flow "$WORKLOADS/demo-server"
check "flow mode publishes" wait_dump "$pid" flow.json ".seq > 0"
check "flow mode that was asked for is no problem" examined 0 "$pid"
check "but attribution is partial" is process partial
check "and how to have it exact" found mode note "flow mode was asked for" "leave mode:flow out of ARENATOP_CONF"
stop "$pid"

# ---- threads behind its back ----

# What doctor itself advises must not alarm it.
MALLOC_CONF=background_thread:true start_watched background "$WORKLOADS/demo-server"
has_background() {
    grep -qsx jemalloc_bg_thd "/proc/$pid"/task/*/comm
}
check "jemalloc has its own thread" wait_for "a background thread" has_background
check "and the agent publishes" wait_dump "$pid" background.json ".seq > 2"
check "jemalloc's own threads are no problem" eval 'examined 0 "$pid" && found threads ok "the agent has met all of them" -'
stop "$pid"

cat >cloned.c <<'C'
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>
static int wait_for_ever(void *unused)
{
    (void)unused;
    for (;;)
        pause();
    return 0;
}
int main(void)
{
    char *stack = malloc(65536);
    return stack == NULL || clone(wait_for_ever, stack + 65536, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
        CLONE_THREAD | CLONE_SYSVSEM, NULL) < 0 || wait_for_ever(NULL);
}
C
gcc -D_GNU_SOURCE -o cloned cloned.c || bail "no compiler"
start_watched cloned ./cloned
check "a program with a thread of clone() publishes" wait_dump "$pid" cloned.json ".seq > 1"
check "the thread is a problem" eval 'examined 5 "$pid" && found threads problem "^1 that no hook" "pthread_create"'
check "and attribution is partial" is process partial
stop "$pid"

# ---- without the agent ----

# A server that writes over its command line to say what it is at; and its program has another name than its file.
redis_port=$(free_port)
start redis redis-server --port "$redis_port" --save '' --dir "$TMP"
redis=$pid
wait_for "redis' title" grep -q "^redis-server .*:$redis_port" "/proc/$redis/cmdline"
check "a process that wrote over its command line" examined 5 "$redis"
check "is not given that for a command" found agent problem "" \
    "^start it with: arenatop run -- redis-server ARGUMENT\.\.\. \(it has written over its command line: "
stop "$redis"

mkdir "a folder" && cp "$(command -v sleep)" "a folder/bare"
start bare "a folder/bare" 600
bare=$pid
wait_for "the bare process" grep -qx bare "/proc/$bare/comm"
check "a process without the agent: exit 5" examined 5 "$bare"
check "attribution is impossible" is unwatched impossible
check "the line that starts it" found agent problem "not in this process" "^start it with: arenatop run -- 'a folder/bare' 600$"
check "it could be watched" found program ok "linked dynamically" -
check "with libc's malloc" found malloc ok "libc's.*'arenatop run' brings jemalloc" -
check "from elsewhere its path is needed" eval '(cd / && exits 5 "$ARENATOP" doctor "$bare" --json) &&
    found agent problem "" "^start it with: arenatop run -- '"'$TMP/a folder/bare'"' 600$"'
twins=twins-$$
cp "a folder/bare" "$twins"
start twin "./$twins" 600
twin=$pid
start other "./$twins" 600
wait_for "one of two" grep -qx "$twins" "/proc/$twin/comm"
wait_for "the other" grep -qx "$twins" "/proc/$pid/comm"
check "of several with a name it takes one by its pid" exits 2 "$ARENATOP" doctor "$twins"
check "and says so" one_error "^arenatop: $twins: 2 processes have that name; give the pid of one$"
stop "$twin"
stop "$pid"
line=$("$ARENATOP" doctor "$bare" | sed -n 's/.*start it with: arenatop //p')
stop "$bare"
start again bash -c "exec \"$ARENATOP\" $line"
check "that line starts it, and it is watched" wait_dump "$pid" again.json '.comm == "bare"'
check "and then it is well" examined 0 "$pid"
stop "$pid"

start preloaded env LD_PRELOAD="$JEMALLOC" sleep 600
wait_for "sleep" grep -qx sleep "/proc/$pid/comm"
check "with jemalloc, without the agent: exit 5" examined 5 "$pid"
check "jemalloc is found" found malloc ok "jemalloc, a shared library: /.*libjemalloc" -
stop "$pid"

printf '#include <unistd.h>\nint main(void) { pause(); }\n' >pause.c
gcc -static -o static pause.c || bail "no static libc"
start static ./static
wait_for "the static program" grep -qx static "/proc/$pid/comm"
check "a static program: exit 5" examined 5 "$pid"
check "it cannot be watched" found program problem "^linked statically, so no agent can be loaded into it$" "link it dynamically"
check "and no line is given that would not work" found agent problem "" "^see program"
stop "$pid"

start off env ARENATOP_CONF=enabled:false "$ARENATOP" run -- sleep 600
wait_for "sleep" grep -qx sleep "/proc/$pid/comm"
check "an agent that is switched off" examined 5 "$pid"
check "is told from one that is not there" found agent problem "enabled:false" "leave"
stop "$pid"

if [ "$UID" -eq 0 ]; then
    gcc -o setuid pause.c && chown 65534 setuid && chmod 4755 setuid && chmod 755 "$TMP"
    start setuid ./setuid
    wait_for "the setuid program" grep -qx setuid "/proc/$pid/comm"
    check "a setuid program: exit 5" examined 5 "$pid"
    check "the loader would not preload" found program problem "setuid.*ignores LD_PRELOAD$" "run it as the user"
    stop "$pid"
else
    skip "a setuid program" "needs root"
fi

# ---- a process in a container: its own pid namespace, its own /dev/shm ----

if [ "$UID" -eq 0 ] && unshare --pid --mount --fork --kill-child true 2>/dev/null; then
    # shellcheck disable=SC2016 # sh expands it
    start box unshare --pid --mount --fork --kill-child --mount-proc \
        sh -c 'mount -t tmpfs -o size=18m none /dev/shm && exec "$0" run -- "$1"' "$ARENATOP" "$WORKLOADS/demo-server"
    box=$pid
    inner=
    boxed() {
        inner=$(pgrep -P "$box") && dump "$inner" boxed.json ".seq > 0"
    }
    check "a process in a box publishes" wait_for "a snapshot from the box" boxed
    check "it is well" examined 0 "$inner"
    check "the pid that it has in there is told" found access ok "it is pid 1 in a pid namespace of its own" -
    check "its own /dev/shm is the one that is measured" found shm note "of 18.0M are free" "--shm-size"
    # unshare waits, deaf to SIGTERM; its mounts go with the last process in the box.
    kill -KILL "$inner"
    stop "$box"
else
    skip "a process in a container" "needs root and namespaces"
fi

# ---- errors ----

fails() { # STATUS REGEX TARGET [RUNNER...]
    local status=$1 said=$2 target=$3
    shift 3
    check "doctor $(printf %q "$target") ends with $status" exits "$status" "$@" "$ARENATOP" doctor "$target"
    check "and says: $said" one_error "$said"
    check "and nothing else" equal "" "$(cat out)"
}
fails 3 "^arenatop: 2147483647: no such process; " 2147483647
fails 3 "^arenatop: atgt-nobody: no such process or file; " atgt-nobody
fails 1 "^arenatop: ./nothing: No such file or directory$" ./nothing
fails 1 "^arenatop: ./idle.c: " ./idle.c
if [ "$UID" -eq 0 ] && command -v setpriv >/dev/null; then
    nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --)
    chmod 755 "$TMP"
    fails 4 "^arenatop: $server \(demo-server\): not permitted: it is user 0's; " "$server" "${nobody[@]}"
    start theirs sleep 600
    wait_for "sleep" grep -qx sleep "/proc/$pid/comm"
    fails 4 "^arenatop: $pid \(sleep\): not permitted: it is user 0's; run arenatop as that user or as root$" "$pid" \
        "${nobody[@]}"
    stop "$pid"
    start own "${nobody[@]}" sleep 600
    wait_for "sleep" grep -qx sleep "/proc/$pid/comm"
    check "one's own process needs no root" examined 5 "$pid" "${nobody[@]}"
    check "all of it may be seen" found access ok "may see all of it" -
    stop "$pid"
    # A group that may read the segment may not look into the process.
    chmod 644 "$(segments_of "$server")"
    check "who may read the segment alone gets a verdict" examined 0 "$server" "${nobody[@]}"
    check "and is told what is missing" found access note "mappings and environment" "as user 0"
    check "the file of jemalloc is one of it" found jemalloc ok "may not be known by this user" -
    chmod 600 "$(segments_of "$server")"
else
    skip "somebody else's process" "needs root and setpriv"
fi

# ---- silence, and death ----

kill -STOP "$server"
silent() {
    examined 0 "$server" && found agent note "the process is stopped" "kill -CONT $server"
}
check "a stopped process is told from an agent that went silent" wait_for "silence" silent
kill -CONT "$server"

idle_is_found() {
    examined 0 "$idle" && found idle note "^3[0-9.]+M in unused pages .*: silent 3" "MALLOC_CONF=background_thread:true"
}
check "a class that fell silent keeps its dirty pages" wait_for "ten seconds of silence" idle_is_found
stop "$idle"

kill -KILL "$server"
# Its threads die one after the other; until the last one has it is neither there nor gone.
is_recorded() {
    examined 0 "$server" && is record exact
}
check "a killed process leaves a record: exit 0, exact" wait_for "the server's death" is_recorded
check "its death is told" found agent note "died without a word" "arenatop gc"
check "what needs the process says so" found access skipped "needs the live process, which is gone" -
check "the rest is judged" found books ok "close" -
stop "$server"
done_testing
