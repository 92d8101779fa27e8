/* sizes.c: the newest snapshot with size classes at or before a moment. */
#include "sizes.h"

/* More than lie between two of an agent's: a second at its shortest interval. */
#define REACH 128

void sizes_reset(struct sizes *sizes)
{
    for (unsigned i = 0; i < SIZES_MOMENTS; i++)
        sizes->found[i].looked = sizes->found[i].there = false;
}

void sizes_free(struct sizes *sizes)
{
    for (unsigned i = 0; i < SIZES_MOMENTS; i++)
        snapshot_free(&sizes->found[i].snapshot);
    *sizes = (struct sizes){0};
}

/* Whether the snapshot at a place has some, which then are kept. */
static bool take(struct sizes_found *found, struct session *session, uint64_t place)
{
    enum source_result result = source_read(session->source, place, &session->scratch, &session->failure);
    if (result != SOURCE_OK || session->scratch.nsizes == 0)
        return false;
    struct snapshot free_one = found->snapshot;
    found->snapshot = session->scratch;
    session->scratch = free_one;
    found->place = place;
    return true;
}

/* From `asked` towards older ones, no further than what an earlier search knows. */
static bool look(struct sizes_found *found, struct session *session, uint64_t asked)
{
    uint64_t most = asked - session->span.first < REACH ? asked - session->span.first : REACH;
    for (uint64_t back = 0; back <= most; back++) {
        uint64_t place = asked - back;
        if (found->looked && found->there && found->place == place)
            return true;
        if (found->looked && !found->there && found->asked == place)
            return false;
        if (take(found, session, place))
            return true;
    }
    return false;
}

const struct snapshot *sizes_at(struct sizes *sizes, struct session *session, enum sizes_moment moment,
                                const struct moment *at)
{
    struct sizes_found *found = &sizes->found[moment];
    if (!at->there)
        return NULL;
    if (at->snapshot.nsizes > 0)
        return &at->snapshot;
    if (!session->updated || at->place < session->span.first || at->place >= session->span.end)
        return found->looked && found->there && found->asked == at->place ? &found->snapshot : NULL;
    if (!found->looked || found->asked != at->place) {
        found->there = look(found, session, at->place);
        found->asked = at->place;
        found->looked = true;
    }
    return found->there ? &found->snapshot : NULL;
}
