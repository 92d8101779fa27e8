/* http_library.h: libmicrohttpd, loaded when somebody serves.
 *
 * It brings a dozen libraries for TLS along, which this program does not use. Linked, they would double the memory and the
 * start-up time of the live view, that most people came for. */
#ifndef VIEWER_HTTP_LIBRARY_H
#define VIEWER_HTTP_LIBRARY_H

#include <microhttpd.h>

#include "fail.h"

/* What is used of it. X(name), without MHD_ */
#define HTTP_LIBRARY_FUNCTIONS(X)  \
    X(add_response_header)         \
    X(create_response_from_buffer) \
    X(destroy_response)            \
    X(get_connection_info)         \
    X(get_daemon_info)             \
    X(get_timeout)                 \
    X(lookup_connection_value)     \
    X(queue_response)              \
    X(run)                         \
    X(start_daemon)                \
    X(stop_daemon)

/* __typeof__, an extension of the compiler, keeps the prototypes those of the library's own header. */
#define HTTP_LIBRARY_MEMBER(name) __typeof__(MHD_##name) *name;
struct http_library {
    HTTP_LIBRARY_FUNCTIONS(HTTP_LIBRARY_MEMBER)
};

/* Good after http_library_load. */
extern struct http_library http_library;

/* Loads the library; it stays. Returns 0, or -1 with *failure set. Not for two threads at once. */
int http_library_load(struct failure *failure);

#endif
