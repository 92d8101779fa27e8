/* window.h: the snapshots of the last while, kept in memory as they were published. */
#ifndef VIEWER_WINDOW_H
#define VIEWER_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What it may hold, whatever time that is. */
#define WINDOW_BYTES ((size_t)64 << 20)

struct window_item {
    struct window_item *next;
    uint64_t mono_ns;
    size_t bytes;
    _Alignas(8) unsigned char payload[];
};

/* Zeroed but for span_ns before its first use. */
struct window {
    uint64_t span_ns; /* how far it reaches back from the newest; 0: it holds nothing */
    struct window_item *first, *last;
    size_t bytes;
    bool is_cut; /* it had to give away what it should have kept, because of WINDOW_BYTES or for want of memory */
};

/* Lets go what is older than span_ns at `mono_ns` (CLOCK_MONOTONIC). */
void window_expire(struct window *window, uint64_t mono_ns);

/* Adds the newest snapshot, and lets those go that are now too old. */
void window_push(struct window *window, const void *payload, size_t bytes, uint64_t mono_ns);

/* Takes the oldest out: the caller's to free(). NULL when there is none. */
struct window_item *window_take(struct window *window);

void window_free(struct window *window);

#endif
