/* next.c: looks the next definitions up. */
#include "next.h"

#include <stddef.h>
#include <string.h>

#include "agent.h"
#include "atomics.h"
#include "objects.h"

struct next next;

static const struct {
    const char *name;
    size_t offset;
} rows[] = {
#define NEXT_ROW(result, name, parameters) {#name, offsetof(struct next, name)},
    NEXT_FUNCTIONS(NEXT_ROW)
#undef NEXT_ROW
};

void next_resolve(void)
{
    if (__atomic_load_n(&next.resolved, __ATOMIC_ACQUIRE))
        return;
    const struct link_map *self = objects_holding(&next);
    for (size_t i = 0; self != NULL && i < sizeof rows / sizeof rows[0]; i++) {
        void *address = objects_find_from(self->l_next, rows[i].name, NULL);
        memcpy((char *)&next + rows[i].offset, &address, sizeof address);
    }
    __atomic_store_n(&next.resolved, true, __ATOMIC_RELEASE);
}

bool next_is_in(const char *name, const struct link_map *object)
{
    const struct link_map *self = objects_holding(&next), *holder = NULL;
    return self != NULL && objects_find_from(self->l_next, name, &holder) != NULL && holder == object;
}

int prctl_next(int option, unsigned long argument)
{
    next_resolve();
    return next.prctl(option, argument, 0UL, 0UL, 0UL);
}
