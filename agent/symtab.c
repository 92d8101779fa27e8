/* symtab.c: reads .symtab with every offset checked against the file's size. */
#include "symtab.h"

#include <stdio.h>
#include <string.h>

#include "debugfile.h"

static bool find_table(struct symtab *table)
{
    const Elf64_Shdr *symbols = image_section(&table->image, table->image.symbols);
    if (symbols == NULL || symbols->sh_type != SHT_SYMTAB)
        return false;
    const Elf64_Shdr *strings = image_section(&table->image, symbols->sh_link);
    if (strings == NULL)
        return false;
    table->symbols = image_content(&table->image, symbols, false);
    table->strings = image_content(&table->image, strings, true);
    if (table->symbols == NULL || table->strings == NULL)
        return false;
    table->count = symbols->sh_size / sizeof(Elf64_Sym);
    table->strings_bytes = strings->sh_size;
    return true;
}

bool symtab_open(struct symtab *table, const char *path)
{
    struct image image;
    *table = (struct symtab){0};
    if (!image_open(&image, path))
        return false;
    table->image = image;
    if (find_table(table))
        return true;
    bool separate = debugfile_open(&table->image, &image, path);
    image_close(&image);
    if (separate && find_table(table))
        return true;
    if (separate)
        image_close(&table->image);
    return false;
}

void symtab_close(struct symtab *table)
{
    image_close(&table->image);
}

static const char *function_name(const struct symtab *table, const Elf64_Sym *symbol)
{
    if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx == SHN_UNDEF ||
        symbol->st_name >= table->strings_bytes)
        return NULL;
    return table->strings + symbol->st_name;
}

uint64_t symtab_find(const struct symtab *table, const char *wanted)
{
    for (size_t i = 0; i < table->count; i++) {
        const char *name = function_name(table, &table->symbols[i]);
        if (name != NULL && strcmp(name, wanted) == 0)
            return table->symbols[i].st_value;
    }
    return 0;
}

const char *symtab_next_ending(const struct symtab *table, const char *suffix, size_t *at)
{
    size_t suffix_length = strlen(suffix);
    while (*at < table->count) {
        const char *name = function_name(table, &table->symbols[(*at)++]);
        if (name == NULL)
            continue;
        size_t length = strlen(name);
        if (length >= suffix_length && strcmp(name + length - suffix_length, suffix) == 0)
            return name;
    }
    return NULL;
}

static bool name_at(const struct symtab *table, uint64_t value, char *symbol, size_t bytes)
{
    for (size_t i = 0; i < table->count; i++) {
        const Elf64_Sym *each = &table->symbols[i];
        const char *name = function_name(table, each);
        if (name == NULL || name[0] == '\0')
            continue;
        if (value - each->st_value < each->st_size || value == each->st_value) {
            snprintf(symbol, bytes, "%s", name);
            return true;
        }
    }
    return false;
}

bool symtab_name_at(const char *path, uint64_t value, char *symbol, size_t bytes)
{
    struct symtab table;
    symbol[0] = '\0';
    if (!symtab_open(&table, path))
        return false;
    bool found = name_at(&table, value, symbol, bytes);
    symtab_close(&table);
    return found;
}
