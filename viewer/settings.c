/* settings.c: what a person chose, kept from one run to the next. */
#include "settings.h"

#include <stdio.h>
#include <string.h>

const char *settings_palette_word(enum palette palette)
{
#define PALETTE_WORD(name, word) word,
    static const char *const words[] = {SETTINGS_PALETTES(PALETTE_WORD)};
    return (unsigned)palette < PALETTE_COUNT ? words[palette] : "?";
}

void settings_default(struct settings *settings)
{
    static const char *const orders[MODEL_KINDS] = {[MODEL_CLASSES] = "live",
                                                    [MODEL_THREADS] = "alloc_bytes/s",
                                                    [MODEL_ARENAS] = "allocated",
                                                    [MODEL_SIZES] = "bytes"};
    memset(settings, 0, sizeof(*settings));
    for (enum model_kind kind = 0; kind < MODEL_KINDS; kind++) {
        struct settings_table *table = &settings->tables[kind];
        size_t count;
        const struct column *columns = columns_of(kind, &count);
        for (size_t i = 0; i < count && table->count < TABLE_COLUMNS_MAX; i++)
            if (columns[i].shown)
                table->columns[table->count++] = &columns[i];
        table->order.column = columns_find(kind, orders[kind]);
    }
}

static bool same_table(const struct settings_table *a, const struct settings_table *b)
{
    if (a->count != b->count || a->order.column != b->order.column || a->order.reversed != b->order.reversed)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->columns[i] != b->columns[i])
            return false;
    return true;
}

bool settings_same(const struct settings *a, const struct settings *b)
{
    for (enum model_kind kind = 0; kind < MODEL_KINDS; kind++)
        if (!same_table(&a->tables[kind], &b->tables[kind]))
            return false;
    return a->unit == b->unit && a->palette == b->palette && a->delay_ns == b->delay_ns && a->hide_idle == b->hide_idle;
}

char *settings_delay(const struct settings *settings, char out[FORMAT_BYTES])
{
    unsigned long long ms = settings->delay_ns / 1000000;
    snprintf(out, FORMAT_BYTES, ms % 1000 == 0 ? "%llu" : "%llu.%03llu", ms / 1000, ms % 1000);
    return out;
}
