/* serve_http.h: metrics over HTTP: /metrics and /healthz, and nothing else.
 *
 * Everything happens in the thread that calls serve_http_run, one answer after another. A connection is for one request
 * and has some seconds for it, however busily it trickles; when there are too many the oldest goes, so that whoever comes
 * with a request gets an answer whatever the others do. No request names a file, and none is remembered. */
#ifndef VIEWER_SERVE_HTTP_H
#define VIEWER_SERVE_HTTP_H

#include <stdbool.h>

#include "fail.h"
#include "serve_collect.h"

/* From accepting a connection to closing it, at the latest. */
#define SERVE_CONNECTION_SECONDS 10

/* Serves on a listening, non-blocking socket until `stop`, a file descriptor, becomes readable. The socket is taken over and
 * closed, also on an error. `wanted` stays the caller's. Returns 0, or -1 with *failure set. */
int serve_http_run(int listener, int stop, const struct serve_wanted *wanted, struct failure *failure);

/* The format that an Accept header asks for: OpenMetrics for who names it, as Prometheus does, and plain text, which every
 * tool reads, for everybody else. `accept` may be NULL. */
enum metrics_format serve_http_format(const char *accept);

/* Whether a Host header (NULL: none) names a host of some domain: one that asks a loopback address so has been misled. */
bool serve_http_is_misled(const char *host);

#endif
