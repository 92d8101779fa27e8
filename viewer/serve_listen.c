/* serve_listen.c: the socket that a server listens on. */
#include "serve_listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HOST_BYTES = 256, PORT_MAX = 65535, PORT_DIGITS = 5 };

/* ---- words ---- */

struct place {
    char host[HOST_BYTES];
    const char *port;
};

static bool is_port(const char *word)
{
    size_t digits = strspn(word, "0123456789");

    return digits > 0 && digits <= PORT_DIGITS && word[digits] == '\0' && strtol(word, NULL, 10) <= PORT_MAX;
}

/* Takes "HOST:PORT" or "[HOST]:PORT" apart. */
static bool parse(struct place *place, const char *words)
{
    const char *colon = strrchr(words, ':');
    bool bracketed = words[0] == '[';

    if (colon == NULL || !is_port(colon + 1))
        return false;
    const char *host = words + bracketed;
    size_t length = (size_t)(colon - host);
    if (bracketed && (length < 2 || host[--length] != ']'))
        return false;
    if (length == 0 || length >= sizeof(place->host) || (!bracketed && memchr(host, ':', length) != NULL))
        return false;
    memcpy(place->host, host, length);
    place->host[length] = '\0';
    place->port = colon + 1;
    return true;
}

/* ---- the socket ---- */

/* Returns the socket, or -1 with errno. */
static int listen_at(const struct addrinfo *where)
{
    const int yes = 1;
    int listener = socket(where->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (listener < 0)
        return -1;
    /* A server that is started again must not wait for the last one's connections to be forgotten. "[::]" is IPv6 alone,
     * so that it does not depend on the system whether IPv4 comes with it. */
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (where->ai_family == AF_INET6)
        setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
    if (bind(listener, where->ai_addr, where->ai_addrlen) == 0 && listen(listener, SOMAXCONN) == 0)
        return listener;
    int error = errno;
    close(listener);
    errno = error;
    return -1;
}

static void write_address(int listener, char address[SERVE_ADDRESS_BYTES])
{
    struct sockaddr_storage where;
    socklen_t length = sizeof(where);
    char host[HOST_BYTES] = "?", port[PORT_DIGITS + 1] = "?";

    if (getsockname(listener, (struct sockaddr *)&where, &length) == 0)
        getnameinfo((struct sockaddr *)&where, length, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV);
    bool is_ipv6 = strchr(host, ':') != NULL;
    snprintf(address, SERVE_ADDRESS_BYTES, "%s%.60s%s:%s", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", port);
}

static int fail_listen(const char *words, int error, struct failure *failure)
{
    if (error == EADDRINUSE)
        return fail_set(failure, EXIT_FAILED, "%s: %s; choose another with --listen ADDR:PORT", words, strerror(error));
    return fail_set_errno(failure, error, words);
}

int serve_listen(const char *words, char address[SERVE_ADDRESS_BYTES], struct failure *failure)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    struct place place;
    int listener = -1, error = 0;

    if (!parse(&place, words))
        return fail_set(failure, EXIT_USAGE, "serve: --listen: '%s' is not ADDR:PORT, as in " SERVE_ADDRESS_DEFAULT,
                        words);
    int result = getaddrinfo(place.host, place.port, &hints, &found);
    if (result != 0)
        return fail_set(failure, EXIT_FAILED, "%s: %s", words,
                        result == EAI_SYSTEM ? strerror(errno) : gai_strerror(result));
    for (const struct addrinfo *where = found; where != NULL && listener < 0; where = where->ai_next) {
        listener = listen_at(where);
        error = error == 0 ? errno : error;
    }
    freeaddrinfo(found);
    if (listener < 0)
        return fail_listen(words, error, failure);
    write_address(listener, address);
    return listener;
}
