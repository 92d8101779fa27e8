/* settings.h: what a person chose, kept from one run to the next. */
#ifndef VIEWER_SETTINGS_H
#define VIEWER_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "columns.h"
#include "table.h"

/* X(NAME, word) */
#define SETTINGS_PALETTES(X) \
    X(DARK, "dark")          \
    X(LIGHT, "light")        \
    X(MONO, "mono")

#define SETTINGS_PALETTE_ENUM(name, word) PALETTE_##name,
enum palette { SETTINGS_PALETTES(SETTINGS_PALETTE_ENUM) PALETTE_COUNT };

/* Which columns of a kind are shown, and what orders its rows. */
struct settings_table {
    const struct column *columns[TABLE_COLUMNS_MAX];
    size_t count;
    struct column_order order;
};

struct settings {
    struct settings_table tables[MODEL_KINDS];
    enum format_unit unit;
    enum palette palette;
    uint64_t delay_ns; /* between two frames; 0: every snapshot as it comes */
    bool hide_idle;
};

/* What nobody chose yet. */
void settings_default(struct settings *settings);

/* Whether a person would see no difference. */
bool settings_same(const struct settings *a, const struct settings *b);

/* The delay in seconds, as a person types it. Returns `out`. */
char *settings_delay(const struct settings *settings, char out[FORMAT_BYTES]);

const char *settings_palette_word(enum palette palette);

#endif
