/* model_flows.c: the matrix of flows: who frees whose memory, a second, since the start, or since the baseline. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* Row of the newest snapshot for each row of an earlier one; n (none) where the class is not there any more. */
static void map_classes(const struct moment *from, const struct moment *to, uint32_t *map)
{
    for (size_t i = 0; i < from->snapshot.nclasses; i++) {
        const char *name = from->classes[i].raw.name;
        long same = (long)i;
        if (i >= to->snapshot.nclasses || strcmp(to->classes[i].raw.name, name) != 0)
            same = snapshot_class(&to->snapshot, name);
        map[i] = same >= 0 ? (uint32_t)same : (uint32_t)to->snapshot.nclasses;
    }
}

/* Takes what had flowed by an earlier moment off the cells. */
static int subtract(const struct moment *from, const struct moment *to, bool count, struct model_flows *flows)
{
    uint32_t *map = calloc(from->snapshot.nclasses + 1, sizeof(*map));
    if (map == NULL)
        return -ENOMEM;
    map_classes(from, to, map);
    for (size_t i = 0; i < from->snapshot.nflows; i++) {
        const struct at_flow *flow = &from->snapshot.flows[i];
        size_t owner = map[flow->owner], freed_by = map[flow->freed_by];
        if (owner >= flows->n || freed_by >= flows->n)
            continue;
        struct figure *cell = &flows->cells[owner * flows->n + freed_by];
        *cell = figure_difference(cell->magnitude, count ? flow->count : flow->bytes);
    }
    free(map);
    return 0;
}

static int fill_flows(const struct moment *moment, bool count, struct model_flows *flows)
{
    size_t n = moment->snapshot.nclasses;
    if (n * n > flows->capacity) {
        struct figure *cells = realloc(flows->cells, n * n * sizeof(*cells));
        if (cells == NULL)
            return -ENOMEM;
        flows->cells = cells;
        flows->capacity = n * n;
    }
    flows->n = n;
    for (size_t i = 0; i < n * n; i++)
        flows->cells[i] = (struct figure){0, false};
    for (size_t i = 0; i < moment->snapshot.nflows; i++) {
        const struct at_flow *flow = &moment->snapshot.flows[i];
        flows->cells[flow->owner * n + flow->freed_by].magnitude += count ? flow->count : flow->bytes;
    }
    return 0;
}

int model_make_flows(const struct model *model, enum model_flow_amount amount, bool count, struct model_flows *flows)
{
    const struct moment *since = &model->baseline;
    flows->n = 0;
    if (!model->now.there)
        return 0;
    if (!since->there && amount == MODEL_FLOW_RATE)
        since = &model->before;
    if (fill_flows(&model->now, count, flows) != 0)
        return -ENOMEM;
    if (since->there && subtract(since, &model->now, count, flows) != 0)
        return -ENOMEM;
    uint64_t elapsed_ns = model_elapsed_ns(model);
    for (size_t i = 0; !model->baseline.there && amount == MODEL_FLOW_RATE && i < flows->n * flows->n; i++)
        flows->cells[i] = figure_per_second(flows->cells[i], elapsed_ns);
    return 0;
}
