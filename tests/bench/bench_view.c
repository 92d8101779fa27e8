/* bench_view.c: what the live view costs beside others of its kind: all at once, in terminals of their own, on one machine.
 *
 * For each: time to the first frame, CPU time a second and bytes written to the terminal a second once it runs, resident
 * memory. arenatop watches a process of 64 classes and 1,024 threads whose figures all change, with a full ring of
 * 16 MiB; a small one of 3 classes; and that one at rest. Who is not installed is named; varnishstat gets a varnishd of
 * its own. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROWS          40
#define COLUMNS       120
#define WARM_UP_S     3
#define ARGUMENTS     20
#define RUNNERS       7
#define COMMAND_BYTES 256
#define SECOND        UINT64_C(1000000000)

static unsigned measure_s = 20;

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* ---- who is measured ---- */

struct runner {
    const char *name;
    char command[COMMAND_BYTES];
    const char *first; /* what its first frame shows */
    bool missing;      /* not installed, or it shows nothing */
    pid_t pid;
    int terminal;
    uint64_t started_ns, first_ns, cpu_ns, bytes;
    size_t matched; /* bytes of `first` seen so far */
    long rss_kib;
};

static bool installed(const char *command)
{
    char question[COMMAND_BYTES + 64];
    snprintf(question, sizeof(question), "command -v %.*s >/dev/null 2>&1", (int)strcspn(command, " "), command);
    return system(question) == 0;
}

/* Becomes the command, whose words are separated by single blanks. */
static void become(char *command)
{
    char *arguments[ARGUMENTS] = {NULL};
    for (size_t i = 0; i + 1 < ARGUMENTS && command != NULL; i++)
        arguments[i] = strsep(&command, " ");
    execvp(arguments[0], arguments);
    _exit(127);
}

/* Runs it in a terminal of its own. */
static void launch(struct runner *runner)
{
    struct winsize size = {.ws_row = ROWS, .ws_col = COLUMNS};
    runner->terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (runner->terminal < 0 || grantpt(runner->terminal) != 0 || unlockpt(runner->terminal) != 0)
        die("a terminal");
    ioctl(runner->terminal, TIOCSWINSZ, &size);
    const char *name = ptsname(runner->terminal);
    runner->started_ns = now_ns();
    runner->pid = fork();
    if (runner->pid != 0)
        return;
    setsid();
    int end = open(name, O_RDWR);
    dup2(end, 0);
    dup2(end, 1);
    dup2(end, 2);
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    become(runner->command);
}

/* CPU time of the process's first thread, in nanoseconds, as the scheduler counts it. */
static uint64_t cpu_of(pid_t pid)
{
    char path[64], text[64] = "";
    snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0 && read(file, text, sizeof(text) - 1) < 0)
        text[0] = '\0';
    if (file >= 0)
        close(file);
    return strtoull(text, NULL, 10);
}

static long rss_of(pid_t pid)
{
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (file != NULL)
        fclose(file);
    return kib;
}

static void look_for_first(struct runner *runner, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length && runner->first_ns == 0; i++) {
        runner->matched =
            bytes[i] == runner->first[runner->matched] ? runner->matched + 1 : bytes[i] == runner->first[0];
        if (runner->first[runner->matched] == '\0')
            runner->first_ns = now_ns() - runner->started_ns;
    }
}

/* Reads what they write, for so long, or with `until_first` until the only one of them has shown its first frame. */
static void drain(struct runner *runners, size_t count, uint64_t ns, bool until_first)
{
    struct pollfd terminals[16];
    char bytes[65536];
    uint64_t end_ns = now_ns() + ns;
    for (size_t i = 0; i < count; i++)
        terminals[i] = (struct pollfd){.fd = runners[i].terminal, .events = POLLIN};
    for (uint64_t at_ns = now_ns(); at_ns < end_ns; at_ns = now_ns()) {
        if (poll(terminals, count, (int)((end_ns - at_ns) / 1000000) + 1) <= 0)
            continue;
        for (size_t i = 0; i < count; i++) {
            ssize_t length = (terminals[i].revents & POLLIN) != 0 ? read(terminals[i].fd, bytes, sizeof(bytes)) : 0;
            if (length > 0)
                look_for_first(&runners[i], bytes, (size_t)length);
            runners[i].bytes += length > 0 ? (uint64_t)length : 0;
        }
        if (until_first && runners[0].first_ns != 0)
            return;
    }
}

static void finish(struct runner *runner)
{
    kill(runner->pid, SIGKILL);
    waitpid(runner->pid, NULL, 0);
    close(runner->terminal);
}

static int by_size(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* The median of eleven starts, each alone. */
static uint64_t first_frame_ns(const struct runner *runner)
{
    uint64_t times_ns[11];
    for (size_t i = 0; i < 11; i++) {
        struct runner one = *runner;
        launch(&one);
        drain(&one, 1, 5 * SECOND, true);
        times_ns[i] = one.first_ns;
        finish(&one);
    }
    qsort(times_ns, 11, sizeof(times_ns[0]), by_size);
    return times_ns[5];
}

/* ---- what they look at ---- */

/* Starts a process that says "ready PID ..." in its first line, and returns its pid; 0 when it does not. */
static pid_t start_watched(const char *build, const char *options)
{
    char command[COMMAND_BYTES];
    int ends[2];
    char line[128] = "";
    snprintf(command, sizeof(command), "%s/tests/synth --at-most 600%s", build, options);
    if (pipe2(ends, O_CLOEXEC) != 0)
        die("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        become(command);
    }
    close(ends[1]);
    bool ready = read(ends[0], line, sizeof(line) - 1) > 0 && strncmp(line, "ready ", 6) == 0;
    close(ends[0]);
    return ready ? pid : 0;
}

static pid_t start_varnish(const char *folder)
{
    char address[32];
    snprintf(address, sizeof(address), "127.0.0.1:%d", 20000 + (int)(getpid() % 10000));
    pid_t pid = fork();
    if (pid == 0) {
        int nowhere = open("/dev/null", O_RDWR);
        dup2(nowhere, 0);
        dup2(nowhere, 1);
        dup2(nowhere, 2);
        execlp("varnishd", "varnishd", "-F", "-n", folder, "-b", "none", "-a", address, (char *)NULL);
        _exit(127);
    }
    sleep(3); /* nothing to wait for: without its statistics varnishstat ends, and is left out */
    return pid;
}

static void print(const struct runner *runner)
{
    if (runner->missing)
        printf("%-24s not installed\n", runner->name);
    else
        printf("%-24s %8.1f ms %10.2f ms/s %8.0f bytes/s %7.1f MB\n", runner->name, (double)runner->first_ns / 1e6,
               (double)runner->cpu_ns / 1e6 / measure_s, (double)runner->bytes / measure_s,
               (double)runner->rss_kib / 1024);
}

static void measure(struct runner *runners, size_t count)
{
    for (size_t i = 0; i < count; i++)
        runners[i].first_ns = first_frame_ns(&runners[i]);
    for (size_t i = 0; i < count; i++)
        launch(&runners[i]);
    drain(runners, count, WARM_UP_S * SECOND, false);
    for (size_t i = 0; i < count; i++) {
        runners[i].cpu_ns = cpu_of(runners[i].pid);
        runners[i].bytes = 0;
    }
    drain(runners, count, measure_s * SECOND, false);
    for (size_t i = 0; i < count; i++) {
        runners[i].cpu_ns = cpu_of(runners[i].pid) - runners[i].cpu_ns;
        runners[i].rss_kib = rss_of(runners[i].pid);
        finish(&runners[i]);
    }
}

/* One more; `command` may be without what it needs. */
static void enter(struct runner *runner, const char *name, const char *first, bool is_there)
{
    runner->name = name;
    runner->first = first;
    runner->missing = !is_there;
}

/* The contestants, those that are not installed at the end. Returns how many can run. */
static size_t enter_all(struct runner *runners, const char *build, const pid_t *watched, const char *folder)
{
    static const char *const ours[] = {"arenatop, at rest", "arenatop, 3 classes", "arenatop, 64 classes"};
    static const struct {
        const char *name, *command, *first;
    } others[] = {{"top", "top -d 1", "PID"}, {"htop", "htop -d 10", "PID"}, {"slabtop", "slabtop -d 1", "OBJS"}};
    struct runner all[RUNNERS] = {{0}};
    size_t count = 0, entered = 0;
    for (int i = 0; i < 3; i++) {
        snprintf(all[count].command, COMMAND_BYTES, "%s/arenatop %d", build, (int)watched[i]);
        enter(&all[count++], ours[i], "LIVE", true);
    }
    snprintf(all[count].command, COMMAND_BYTES, "varnishstat -n %s", folder);
    enter(&all[count++], "varnishstat", "Uptime", watched[3] > 0);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        snprintf(all[count].command, COMMAND_BYTES, "%s", others[i].command);
        enter(&all[count++], others[i].name, others[i].first, installed(others[i].command));
    }
    for (int missing = 0; missing < 2; missing++)
        for (size_t i = 0; i < count; i++)
            if (all[i].missing == (missing == 1))
                runners[entered++] = all[i];
    for (count = 0; count < RUNNERS && !runners[count].missing;)
        count++;
    return count;
}

int main(int argc, char **argv)
{
    const char *build = getenv("BUILD") != NULL ? getenv("BUILD") : "build";
    char folder[] = "/tmp/arenatop-bench.XXXXXX", command[64];
    struct runner runners[RUNNERS];
    if (argc > 1)
        measure_s = (unsigned)strtoul(argv[1], NULL, 10);
    /* varnishd's own user has to find its way through it. */
    if (mkdtemp(folder) == NULL || chmod(folder, 0755) != 0 || setenv("XDG_CONFIG_HOME", folder, 1) != 0)
        die(folder);
    pid_t watched[] = {start_watched(build, " --still"), start_watched(build, ""),
                       start_watched(build, " --classes 64 --threads 16 --flows 200 --ring 16M --history 3000"), 0};
    if (watched[0] == 0 || watched[1] == 0 || watched[2] == 0)
        die("build/tests/synth");
    if (installed("varnishd") && installed("varnishstat"))
        watched[3] = start_varnish(folder);

    measure(runners, enter_all(runners, build, watched, folder));
    printf("%-24s %11s %15s %16s %10s\n", "at 120x40", "first frame", "CPU", "to the terminal", "resident");
    for (size_t i = 0; i < RUNNERS; i++)
        print(&runners[i]);
    for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
        if (watched[i] > 0 && kill(watched[i], SIGTERM) == 0)
            waitpid(watched[i], NULL, 0);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) == 0 ? 0 : 1;
}
