/* says.c: a program that the agent has something to say about, one way a run: `says WHAT`. What it finds of the agent's it
 * says on stdout; with `stay` behind WHAT it then lives until a line comes on stdin. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RENAMES = 30 };

/* So many classes in a moment that the agent speaks of it, in this thread. */
static void provoke(void)
{
    for (int i = 0; i < RENAMES; i++) {
        const char name[] = {'n', (char)('a' + i % 26), 'n', '\0'};
        prctl(PR_SET_NAME, name);
    }
}

static void *provoke_here(void *argument)
{
    provoke();
    return argument;
}

static int provoke_in_thread(void)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, provoke_here, NULL);
    return error != 0 ? error : pthread_join(thread, NULL);
}

/* Whatever came in, as text. */
static void tell(const char *what, int fd)
{
    char text[1000];
    ssize_t got = read(fd, text, sizeof text - 1);
    text[got > 0 ? got : 0] = '\0';
    printf("%s: %s\n", what, text);
}

static int nothing(void)
{
    return 0;
}

/* ---- what has stderr's number ---- */

static int closed(void)
{
    close(STDERR_FILENO);
    return provoke_in_thread();
}

static int in_file(int flags)
{
    close(STDERR_FILENO);
    int fd = open("data", O_RDWR | O_CREAT | O_TRUNC | flags, 0600);
    if (fd != STDERR_FILENO || write(fd, "record 1,", 9) != 9 || provoke_in_thread() != 0 ||
        write(fd, "record 2", 8) != 8)
        return 1;
    lseek(fd, 0, SEEK_SET);
    tell("data", fd);
    return 0;
}

static int data(void)
{
    return in_file(0);
}

static int log_file(void)
{
    return in_file(O_APPEND);
}

/* `ends`: what is written to the second can be read from the first. */
static int in_ends(const char *what, const int ends[2])
{
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    if (dup2(ends[1], STDERR_FILENO) < 0 || provoke_in_thread() != 0)
        return 1;
    tell(what, ends[0]);
    return 0;
}

static int in_pipe(void)
{
    int ends[2];
    return pipe(ends) != 0 || in_ends("pipe", ends);
}

static int in_socket(void)
{
    int ends[2];
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 || in_ends("socket", ends);
}

/* ---- cancellation: what the program calls in here is no point of it ---- */

static int (*control)(const char *name, void *old, size_t *old_bytes, void *new, size_t new_bytes);

/* Of memory that goes with its arena the agent says that it cannot be counted. */
static void reset_an_arena(void)
{
    unsigned arena = 0;
    size_t bytes = sizeof arena;
    char name[32];
    int failed = control("arenas.create", &arena, &bytes, NULL, 0);
    snprintf(name, sizeof name, "arena.%u.reset", arena);
    puts(failed == 0 && control(name, NULL, NULL, NULL, 0) == 0 ? "an arena is reset" : "no arena is reset");
}

static void *cancelled_later(void *argument)
{
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    puts("about to be cancelled");
    pthread_cancel(pthread_self());
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    reset_an_arena();
    puts("not cancelled yet");
    pthread_testcancel();
    puts("not cancelled");
    return argument;
}

static int cancelled(void)
{
    pthread_t thread;
    void *result, *address = dlsym(RTLD_DEFAULT, "mallctl");
    memcpy(&control, &address, sizeof control);
    if (control == NULL || pthread_create(&thread, NULL, cancelled_later, NULL) != 0 ||
        pthread_join(thread, &result) != 0)
        return 1;
    puts(result == PTHREAD_CANCELED ? "cancelled" : "another result");
    return 0;
}

/* ---- which ---- */

static const struct {
    const char *name;
    int (*what)(void);
} things[] = {{"nothing", nothing}, {"closed", closed},    {"data", data},          {"log", log_file},
              {"pipe", in_pipe},    {"socket", in_socket}, {"cancelled", cancelled}};

int main(int argc, char **argv)
{
    char line[16];
    setvbuf(stdout, NULL, _IOFBF, 4096); /* what writes might be a point of cancellation */
    for (unsigned i = 0; argc > 1 && i < sizeof things / sizeof things[0]; i++) {
        if (strcmp(argv[1], things[i].name) != 0)
            continue;
        int failed = things[i].what();
        if (argc > 2 && read(STDIN_FILENO, line, sizeof line) < 0)
            return 1;
        return failed != 0 ? 1 : 3;
    }
    fprintf(stderr, "says: do what?\n");
    return 2;
}
