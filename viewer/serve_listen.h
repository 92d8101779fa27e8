/* serve_listen.h: from the "ADDR:PORT" that a person typed to a socket that listens there. */
#ifndef VIEWER_SERVE_LISTEN_H
#define VIEWER_SERVE_LISTEN_H

#include <stddef.h>

#include "fail.h"

#define SERVE_ADDRESS_DEFAULT "127.0.0.1:9920"

/* Room for an address as serve_listen writes it. */
#define SERVE_ADDRESS_BYTES 80

/* Opens a socket that listens, close-on-exec and non-blocking, at an IPv4 address, an IPv6 address in brackets or a host's
 * name, and a port of 0 to 65535, where 0 is any free one. Writes where it really listens, fit for a URL, to `address`.
 * Returns the socket, the caller's, or -1 with *failure set: EXIT_USAGE when the words are none of these, EXIT_DENIED for a
 * port that is not this user's, else EXIT_FAILED. */
int serve_listen(const char *words, char address[SERVE_ADDRESS_BYTES], struct failure *failure);

#endif
