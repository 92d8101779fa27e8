/* fuzz_serve_http.c: whatever a client sends, the server answers in HTTP or not at all, and goes on to
 * answer others.
 *
 * The input goes to a real server over loopback, in two pieces: its first byte says where it is cut. A record separator and a
 * byte N in it stand for N * 16 more of the line before them, which makes headers huge, and many. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "serve_http.h"

/* A request without an end is waited for by the server for some seconds, by us for less; an answer to a sound request is
 * awaited for as long as a busy machine may need. */
enum { PATIENCE_MS = 10, ANSWER_MS = 20000, INPUTS_BETWEEN_CHECKS = 64 };
enum { REPEAT = 0x1e, REPEAT_STEP = 16, REQUEST_MAX = 1 << 18 };

static int listener = -1;
static struct sockaddr_in address;

static void *serve(void *stop)
{
    static char nobody[] = "2147483647", *words[] = {nobody};
    const struct serve_wanted wanted = {.words = words, .count = 1};
    struct failure failure;

    require(serve_http_run(listener, *(int *)stop, &wanted, &failure) == 0);
    return NULL;
}

static void start_server(void)
{
    static int stop[2];
    pthread_t thread;
    socklen_t length = sizeof(address);

    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    require(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
            listen(listener, 100) == 0 && getsockname(listener, (struct sockaddr *)&address, &length) == 0);
    require(pipe2(stop, O_CLOEXEC) == 0 && pthread_create(&thread, NULL, serve, &stop[0]) == 0);
}

/* From another address each time: where the server was quicker to close, a port is not to be had again for a minute, and the
 * ports of one address last for half of that. */
static int connected(void)
{
    static uint32_t clients;

    for (;;) {
        const struct sockaddr_in own = {.sin_family = AF_INET,
                                        .sin_addr = {htonl(INADDR_LOOPBACK + clients++ % 60000)}};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        require(fd >= 0 && bind(fd, (const struct sockaddr *)&own, sizeof(own)) == 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
            return fd;
        require(errno == EINTR); /* libFuzzer looks at its clock, by a signal */
        close(fd);
    }
}

/* No port waits for its old connection's end: thousands come in a second. */
static void disconnect(int fd)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(fd);
}

/* A server that has heard enough may close before it has heard all: that is no failure to send. */
static void send_all(int fd, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = TEMP_FAILURE_RETRY(send(fd, data, size, MSG_NOSIGNAL));
        if (sent < 0)
            return;
        data += sent;
        size -= (size_t)sent;
    }
}

/* What comes until the server closes or we have waited long enough; its first bytes go to `head`. */
static size_t receive_all(int fd, char *head, size_t room, int patience_ms)
{
    char more[4096];
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    size_t kept = 0;

    while (TEMP_FAILURE_RETRY(poll(&ready, 1, patience_ms)) == 1) {
        ssize_t got = recv(fd, more, sizeof(more), 0);
        if (got <= 0)
            break;
        size_t take = (size_t)got < room - kept ? (size_t)got : room - kept;
        memcpy(head + kept, more, take);
        kept += take;
    }
    return kept;
}

/* Whatever came before, somebody who asks properly gets an answer. */
static void check_health(void)
{
    static const char request[] = "GET /healthz HTTP/1.1\r\nHost: fuzz\r\n\r\n";
    char head[12];
    int fd = connected();

    send_all(fd, (const uint8_t *)request, sizeof(request) - 1);
    require(receive_all(fd, head, sizeof(head), ANSWER_MS) == sizeof(head) && memcmp(head, "HTTP/1.1 200", 12) == 0);
    disconnect(fd);
}

/* ---- the request ---- */

/* Where the last line begins; an end of it that stands last is its own. */
static size_t last_line(const uint8_t *text, size_t size)
{
    const uint8_t *end = size > 1 ? memrchr(text, '\n', size - 1) : NULL;

    return end != NULL ? (size_t)(end - text) + 1 : 0;
}

static size_t repeat(uint8_t *request, size_t size, size_t times)
{
    size_t from = last_line(request, size), length = size - from;

    for (; times > 0 && length <= REQUEST_MAX - size; times--, size += length)
        memcpy(request + size, request + from, length);
    return size;
}

/* The input with its repeats made, in request[REQUEST_MAX]. */
static size_t expand(uint8_t *request, const uint8_t *data, size_t size)
{
    size_t made = 0;

    for (size_t i = 0; i < size && made < REQUEST_MAX; i++)
        if (data[i] == REPEAT && i + 1 < size)
            made = repeat(request, made, (size_t)data[++i] * REPEAT_STEP);
        else
            request[made++] = data[i];
    return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned inputs;
    static uint8_t request[REQUEST_MAX];
    char head[16];

    if (listener < 0)
        start_server();
    if (size == 0)
        return 0;
    size_t bytes = expand(request, data + 1, size - 1);
    size_t cut = data[0] % (bytes + 1);
    int fd = connected();
    send_all(fd, request, cut);
    send_all(fd, request + cut, bytes - cut);
    shutdown(fd, SHUT_WR);
    size_t kept = receive_all(fd, head, sizeof(head), PATIENCE_MS);
    require(kept == 0 || (kept >= 12 && memcmp(head, "HTTP/1.", 7) == 0 && head[9] >= '1' && head[9] <= '5'));
    disconnect(fd);
    if (inputs++ % INPUTS_BETWEEN_CHECKS == 0)
        check_health();
    return 0;
}
