/* serve_http.c: the HTTP server: who is connected and since when, and which answer a request gets.
 *
 * libmicrohttpd speaks HTTP; its own timeout starts again with every byte, so the age of connections is kept here. */
#include "serve_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http_library.h"

enum {
    CONNECTIONS_MAX = 256, /* with those that are going; what comes then waits for accept() */
    HEADER_BYTES = 16384,  /* memory of a connection: a request that needs more is refused */
    FORMATS = METRICS_PROMETHEUS + 1
};

#define NS_PER_MS       UINT64_C(1000000)
#define CONNECTION_NS   (SERVE_CONNECTION_SECONDS * 1000 * NS_PER_MS)
#define ANSWER_FRESH_NS (200 * NS_PER_MS) /* so long one collection does for all who ask: looking at processes costs */

struct connection {
    struct MHD_Connection *handle;
    int socket;
    uint64_t since_ns;
    bool going; /* shut down; libmicrohttpd will notice */
};

struct server {
    const struct serve_wanted *wanted;
    struct MHD_Daemon *daemon;
    struct connection connections[CONNECTIONS_MAX]; /* the oldest first */
    size_t count;
    size_t most;   /* CONNECTIONS_MAX, or what there are descriptors for */
    bool is_local; /* listens at a loopback address */
    bool has_room; /* a connection was closed since libmicrohttpd looked whether it may accept one */
    struct MHD_Response *answers[FORMATS]; /* the last of each, or NULL */
    uint64_t answered_ns[FORMATS];
};

static uint64_t mono_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 * NS_PER_MS + (uint64_t)now.tv_nsec;
}

/* ---- connections ---- */

static void send_away(struct connection *connection)
{
    shutdown(connection->socket, SHUT_RDWR);
    connection->going = true;
}

/* One more than are kept, and the oldest is told to go: there is room for those that are going. */
static size_t kept(const struct server *server)
{
    return server->most - server->most / 4;
}

static void send_oldest_away(struct server *server)
{
    size_t staying = 0;
    struct connection *oldest = NULL;

    for (size_t i = server->count; i > 0; i--) {
        if (server->connections[i - 1].going)
            continue;
        oldest = &server->connections[i - 1];
        staying++;
    }
    if (oldest != NULL && staying > kept(server))
        send_away(oldest);
}

static void send_late_away(struct server *server, uint64_t now_ns)
{
    for (size_t i = 0; i < server->count; i++)
        if (!server->connections[i].going && now_ns - server->connections[i].since_ns >= CONNECTION_NS)
            send_away(&server->connections[i]);
}

static void on_connection(void *context, struct MHD_Connection *handle, void **unused,
                          enum MHD_ConnectionNotificationCode what)
{
    struct server *server = context;
    size_t i = 0;

    (void)unused;
    if (what == MHD_CONNECTION_NOTIFY_STARTED && server->count < CONNECTIONS_MAX) {
        const union MHD_ConnectionInfo *info =
            http_library.get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD);
        server->connections[server->count++] = (struct connection){handle, info->connect_fd, mono_ns(), false};
        send_oldest_away(server);
    }
    if (what != MHD_CONNECTION_NOTIFY_CLOSED)
        return;
    server->has_room = true;
    while (i < server->count && server->connections[i].handle != handle)
        i++;
    if (i == server->count)
        return;
    server->count--;
    memmove(&server->connections[i], &server->connections[i + 1], (server->count - i) * sizeof(server->connections[0]));
}

/* ---- answers ---- */

static const char *const content_types[FORMATS] = {
    [METRICS_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
    [METRICS_PROMETHEUS] = "text/plain; version=0.0.4; charset=utf-8",
};

enum metrics_format serve_http_format(const char *accept)
{
    return accept != NULL && strcasestr(accept, "application/openmetrics-text") != NULL ? METRICS_OPENMETRICS
                                                                                        : METRICS_PROMETHEUS;
}

/* Gives an answer the headers that all have. Takes NULL for an answer that there is no memory for. */
static struct MHD_Response *with_headers(struct MHD_Response *answer, const char *content_type)
{
    if (answer == NULL)
        return NULL;
    http_library.add_response_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    http_library.add_response_header(answer, MHD_HTTP_HEADER_CONNECTION, "close");
    return answer;
}

static enum MHD_Result give_words(struct MHD_Connection *connection, unsigned status, const char *words)
{
    struct MHD_Response *answer = with_headers(
        http_library.create_response_from_buffer(strlen(words), (void *)(uintptr_t)words, MHD_RESPMEM_PERSISTENT),
        "text/plain; charset=utf-8");

    if (answer == NULL)
        return MHD_NO;
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        http_library.add_response_header(answer, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = http_library.queue_response(connection, status, answer);
    http_library.destroy_response(answer);
    return result;
}

static struct MHD_Response *make_answer(const struct server *server, enum metrics_format format)
{
    struct failure failure;
    struct serve_text text;

    if (serve_collect(server->wanted, format, &text, &failure) < 0)
        return NULL;
    struct MHD_Response *answer =
        http_library.create_response_from_buffer(text.bytes, text.text, MHD_RESPMEM_MUST_FREE);
    if (answer == NULL)
        free(text.text);
    return with_headers(answer, content_types[format]);
}

static enum MHD_Result give_metrics(struct server *server, struct MHD_Connection *connection)
{
    enum metrics_format format =
        serve_http_format(http_library.lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT));
    struct MHD_Response **answer = &server->answers[format];

    if (*answer == NULL || mono_ns() - server->answered_ns[format] >= ANSWER_FRESH_NS) {
        struct MHD_Response *made = make_answer(server, format);
        if (made == NULL)
            return give_words(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "the processes cannot be read now\n");
        /* Who is still sending the old one keeps it until they are done. */
        if (*answer != NULL)
            http_library.destroy_response(*answer);
        *answer = made;
        server->answered_ns[format] = mono_ns();
    }
    return http_library.queue_response(connection, MHD_HTTP_OK, *answer);
}

static enum MHD_Result give_health(struct server *server, struct MHD_Connection *connection)
{
    (void)server;
    return give_words(connection, MHD_HTTP_OK, "ok\n");
}

/* A page of the web may have its own name lead to a loopback address, and then a browser here asks us for it and lets it read
 * the answer (DNS rebinding): what was asked for by a name with a dot in it is not meant for us. "localhost", numbers and
 * names without a domain are nobody's there. */
bool serve_http_is_misled(const char *host)
{
    if (host == NULL || host[0] == '[')
        return false;
    size_t length = strcspn(host, ":");
    return memchr(host, '.', length) != NULL && strspn(host, "0123456789.") < length;
}

static const struct page {
    const char *path;
    enum MHD_Result (*give)(struct server *server, struct MHD_Connection *connection);
} pages[] = {{"/metrics", give_metrics}, {"/healthz", give_health}};

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *body, size_t *body_bytes,
                                  void **request)
{
    const struct server *server = context;

    (void)version, (void)body, (void)body_bytes, (void)request;
    if (server->is_local &&
        serve_http_is_misled(http_library.lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST)))
        return give_words(connection, MHD_HTTP_FORBIDDEN, "at a loopback address, ask by number or as localhost\n");
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        if (strcmp(path, pages[i].path) != 0)
            continue;
        if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
            return give_words(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are allowed\n");
        return pages[i].give(context, connection);
    }
    return give_words(connection, MHD_HTTP_NOT_FOUND, "there are /metrics and /healthz, and nothing else\n");
}

/* ---- the loop ---- */

/* How long nothing needs to be done, for poll(2). */
static int patience_ms(const struct server *server)
{
    MHD_UNSIGNED_LONG_LONG theirs;
    uint64_t now_ns = mono_ns(), wait_ns = UINT64_MAX;

    /* For want of room (descriptors, too) it has left off listening; it begins again when it is run, by which it would not be
     * woken: nobody may be connected any more. */
    if (server->has_room)
        return 0;
    for (size_t i = 0; i < server->count && wait_ns == UINT64_MAX; i++) {
        const struct connection *connection = &server->connections[i];
        uint64_t end_ns = connection->since_ns + CONNECTION_NS;
        if (!connection->going)
            wait_ns = end_ns > now_ns ? end_ns - now_ns + NS_PER_MS : 0;
    }
    if (http_library.get_timeout(server->daemon, &theirs) == MHD_YES && theirs < CONNECTION_NS / NS_PER_MS &&
        theirs * NS_PER_MS < wait_ns)
        wait_ns = theirs * NS_PER_MS;
    return wait_ns == UINT64_MAX ? -1 : (int)(wait_ns / NS_PER_MS);
}

static int serve_until(struct server *server, int stop, struct failure *failure)
{
    const union MHD_DaemonInfo *info = http_library.get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd ready[] = {{.fd = stop, .events = POLLIN}, {.fd = info->listen_fd, .events = POLLIN}};

    while ((ready[0].revents & POLLIN) == 0) {
        if (poll(ready, 2, patience_ms(server)) < 0 && errno != EINTR)
            return fail_set_errno(failure, errno, "serve");
        server->has_room = false;
        if (http_library.run(server->daemon) != MHD_YES)
            return fail_set(failure, EXIT_FAILED, "serve: the HTTP server failed");
        send_late_away(server, mono_ns());
    }
    return 0;
}

/* Half of the descriptors are for the answers. */
static size_t most_connections(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur / 2 < CONNECTIONS_MAX ? (size_t)limit.rlim_cur / 2
                                                                                         : CONNECTIONS_MAX;
}

static bool listens_locally(int listener)
{
    struct sockaddr_storage where = {0};
    socklen_t length = sizeof(where);

    if (getsockname(listener, (struct sockaddr *)&where, &length) != 0)
        return false;
    if (where.ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)&where)->sin6_addr);
    return where.ss_family == AF_INET &&
           ntohl(((const struct sockaddr_in *)(const void *)&where)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

int serve_http_run(int listener, int stop, const struct serve_wanted *wanted, struct failure *failure)
{
    struct server server = {.wanted = wanted, .most = most_connections(), .is_local = listens_locally(listener)};

    if (http_library_load(failure) < 0) {
        close(listener);
        return -1;
    }
    server.daemon = http_library.start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, on_request, &server, MHD_OPTION_LISTEN_SOCKET, listener,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)server.most, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADER_BYTES,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, &server, MHD_OPTION_END);
    if (server.daemon == NULL) {
        close(listener);
        return fail_set(failure, EXIT_FAILED, "serve: the HTTP server cannot be started");
    }
    int result = serve_until(&server, stop, failure);
    http_library.stop_daemon(server.daemon);
    for (size_t i = 0; i < FORMATS; i++)
        if (server.answers[i] != NULL)
            http_library.destroy_response(server.answers[i]);
    return result;
}
