/* say.c: what the agent tells people. */
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "atomics.h"
#include "confine.h"
#include "guest.h"
#include "next.h"

#define PREFIX     "arenatop: "
#define LINE_BYTES 512

static struct {
    bool quiet;
    bool had_stderr; /* at the start, */
    dev_t device;    /* and what it was */
    ino_t inode;
    uint32_t claimed; /* slots given out; may pass the maximum */
    struct {
        uint32_t ready;
        char text[AT_WARNING_BYTES];
    } warning[SAY_WARNINGS_MAX];
} state;

static __thread bool has_own_descriptors __attribute__((tls_model("initial-exec")));

void say_start(void)
{
    struct stat status;
    state.had_stderr = fstat(STDERR_FILENO, &status) == 0;
    if (!state.had_stderr)
        return;
    state.device = status.st_dev;
    state.inode = status.st_ino;
}

void say_quiet(bool quiet)
{
    state.quiet = quiet;
}

void say_through_leader(void)
{
    has_own_descriptors = true;
}

/* The stderr that the program has now, for a thread that shares no descriptors with it. To be closed; -1 when there is
 * none. Where the kernel does not hand it out (before 5.6, or seccomp), it is opened anew. */
static int borrow_stderr(bool *anew)
{
    int process = confine_forbids(CONFINE_BORROW) ? -1 : (int)syscall(SYS_pidfd_open, getpid(), 0U);
    int fd = process >= 0 ? (int)syscall(SYS_pidfd_getfd, process, STDERR_FILENO, 0U) : -1;
    if (process >= 0)
        close(process);
    *anew = fd < 0;
    return fd >= 0 ? fd : open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* A program that has closed its stderr gets the number for whatever it opens next: a socket, a file of its data. What was
 * stderr at the start still is, and a file that is appended to is a log. `anew`: how the program opened it is not known. */
static bool is_for_words(int fd, bool anew)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return false;
    if (state.had_stderr && status.st_dev == state.device && status.st_ino == state.inode)
        return true;
    return !anew && S_ISREG(status.st_mode) && (fcntl(fd, F_GETFL) & O_APPEND) != 0;
}

static bool takes_at_once(int fd)
{
    const struct timespec at_once = {0, 0};
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    return syscall(SYS_ppoll, &ready, 1UL, &at_once, NULL, 0UL) == 1 && (ready.revents & POLLOUT) != 0;
}

/* The signal that comes with a failed write: one that the program had waiting before is left to it. */
static void take_signal(int number, const sigset_t *pending)
{
    const struct timespec at_once = {0, 0};
    sigset_t set;
    if (sigismember(pending, number) != 0)
        return;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigtimedwait(&set, NULL, &at_once);
}

/* A line that would have to wait for somebody to read, one that nobody can read any more, and one that finds the file as
 * large as it may get are lost: the program is neither held up nor killed (SIGPIPE, SIGXFSZ) for it, nor stopped because
 * it is in the background of its terminal (SIGTTOU): blocked, that lets the line pass. */
static void write_politely(int fd, const char *line, size_t length)
{
    sigset_t signals, before, pending;
    if (!takes_at_once(fd))
        return;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    sigaddset(&signals, SIGXFSZ);
    sigaddset(&signals, SIGTTOU);
    sigemptyset(&pending);
    sigpending(&pending);
    sigmask_next(SIG_BLOCK, &signals, &before);
    if (write(fd, line, length) < 0 && (errno == EPIPE || errno == EFBIG))
        take_signal(errno == EPIPE ? SIGPIPE : SIGXFSZ, &pending);
    sigmask_next(SIG_SETMASK, &before, NULL);
}

/* Names of threads and words of the environment are anybody's: what would steer a terminal, or make two lines of one, is
 * shown as a question mark. 0xc2 begins U+0080 to U+009F, which steer as well. */
static void make_visible(char *line, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)line[i], following = i + 1 < length ? (unsigned char)line[i + 1] : 0;
        bool second = byte == 0xc2 && following >= 0x80 && following < 0xa0;
        if (byte < ' ' || byte == 0x7f || second)
            line[i] = '?';
        if (second)
            line[++i] = '?';
    }
}

static void write_line(const char *text)
{
    char line[LINE_BYTES];
    if (state.quiet || confine_forbids(CONFINE_SAY))
        return;
    int length = snprintf(line, sizeof line - 1, PREFIX "%s", text);
    if (length < 0)
        return;
    size_t end = (size_t)length < sizeof line - 2 ? (size_t)length : sizeof line - 2;
    make_visible(line, end);
    line[end] = '\n';
    bool anew = false;
    int fd = has_own_descriptors ? borrow_stderr(&anew) : STDERR_FILENO;
    if (fd >= 0 && is_for_words(fd, anew))
        write_politely(fd, line, end + 1);
    if (fd >= 0 && has_own_descriptors)
        close(fd);
}

void say(const char *format, ...)
{
    char text[LINE_BYTES];
    struct guest guest = guest_enter();
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    write_line(text);
    guest_leave(&guest);
}

static bool is_kept(const char *text)
{
    for (unsigned i = 0; i < SAY_WARNINGS_MAX; i++)
        if (load_acquire32(&state.warning[i].ready) && strcmp(state.warning[i].text, text) == 0)
            return true;
    return false;
}

void say_warning(const char *format, ...)
{
    char text[AT_WARNING_BYTES];
    struct guest guest = guest_enter();
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!is_kept(text)) {
        uint32_t slot = add_relaxed32(&state.claimed, 1);
        if (slot < SAY_WARNINGS_MAX) {
            memcpy(state.warning[slot].text, text, sizeof text);
            store_release32(&state.warning[slot].ready, 1);
        }
        write_line(text);
    }
    guest_leave(&guest);
}

unsigned say_warning_count(void)
{
    unsigned count = 0;
    while (count < SAY_WARNINGS_MAX && load_acquire32(&state.warning[count].ready))
        count++;
    return count;
}

void say_warning_copy(unsigned i, char text[AT_WARNING_BYTES])
{
    memcpy(text, state.warning[i].text, AT_WARNING_BYTES);
}
