/* fuzz_settings_file.c: a settings file of any bytes is refused as a whole, or can be written and read again to the same
 * effect. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_folder.h"
#include "settings_file.h"

static char written[2 * FUZZ_FOLDER_BYTES], given[64];
static int given_fd = -1;

static void make_files(void)
{
    given_fd = memfd_create("settings", MFD_CLOEXEC);
    require(given_fd >= 0);
    fuzz_make_folder("settings_file");
    snprintf(given, sizeof(given), "/proc/self/fd/%d", given_fd);
    snprintf(written, sizeof(written), "%s/settings", fuzz_folder);
}

static void check(const struct settings *settings)
{
    require(settings->unit < FORMAT_UNIT_COUNT && settings->palette < PALETTE_COUNT);
    for (int kind = 0; kind < MODEL_KINDS; kind++) {
        const struct settings_table *table = &settings->tables[kind];
        require(table->count > 0 && table->count <= TABLE_COLUMNS_MAX && table->columns[0]->shows == COLUMN_NAME);
        require(table->order.column != NULL && column_orders(table->order.column));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings settings, untouched, again;
    struct failure failure;

    if (given_fd < 0)
        make_files();
    require(ftruncate(given_fd, 0) == 0 && pwrite(given_fd, data, size, 0) == (ssize_t)size);
    settings_default(&settings);
    settings_default(&untouched);
    settings_default(&again);
    if (settings_load(&settings, given, &failure) != 0) {
        require(settings_same(&settings, &untouched) && failure.text[0] != '\0');
        return 0;
    }
    check(&settings);
    require(settings_save(&settings, written, &failure) == 0);
    require(settings_load(&again, written, &failure) == 0 && settings_same(&settings, &again));
    return 0;
}
