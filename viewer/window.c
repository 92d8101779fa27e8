/* window.c: the snapshots of the last while. */
#include "window.h"

#include <stdlib.h>
#include <string.h>

struct window_item *window_take(struct window *window)
{
    struct window_item *item = window->first;

    if (item == NULL)
        return NULL;
    window->first = item->next;
    if (window->first == NULL)
        window->last = NULL;
    window->bytes -= item->bytes;
    return item;
}

void window_free(struct window *window)
{
    while (window->first != NULL)
        free(window_take(window));
}

void window_expire(struct window *window, uint64_t mono_ns)
{
    while (window->first != NULL && mono_ns > window->first->mono_ns &&
           mono_ns - window->first->mono_ns > window->span_ns)
        free(window_take(window));
}

static void add(struct window *window, const void *payload, size_t bytes, uint64_t mono_ns)
{
    struct window_item *item = malloc(sizeof(*item) + bytes);

    /* What follows a hole is no window. */
    if (item == NULL) {
        window_free(window);
        window->is_cut = true;
        return;
    }
    item->next = NULL;
    item->mono_ns = mono_ns;
    item->bytes = bytes;
    memcpy(item->payload, payload, bytes);
    *(window->last != NULL ? &window->last->next : &window->first) = item;
    window->last = item;
    window->bytes += bytes;
}

void window_push(struct window *window, const void *payload, size_t bytes, uint64_t mono_ns)
{
    window_expire(window, mono_ns);
    if (window->span_ns == 0)
        return;
    add(window, payload, bytes, mono_ns);
    while (window->bytes > WINDOW_BYTES) {
        free(window_take(window));
        window->is_cut = true;
    }
}
