/* fuzz_objects.c: names looked up in the hash tables of objects, against looking at each symbol in turn.
 *
 * The loader has walked the same tables before the agent does, and would itself have gone astray in broken ones: so these
 * are such as a linker writes, of any symbols. The input's first byte says which tables there are and how many buckets; then
 * each line is a symbol, a letter for its kind and its name. */
#include <elf.h>
#include <link.h>

#include "fuzz.h"
#include "objects.h"

enum { SYMBOLS_MAX = 64, BUCKETS_MAX = 8, BLOOM_WORDS = 2, VALUE = 0x1000, LOADED_AT = 0x10000000 };
enum { HIDDEN = 0x8000 };

struct tables {
    unsigned count, buckets;
    Elf64_Sym symbols[SYMBOLS_MAX];
    Elf64_Half versions[SYMBOLS_MAX];
    char strings[1 + SYMBOLS_MAX * 64];
    uint32_t strings_bytes;
    uint32_t gnu[4 + 2 * BLOOM_WORDS + BUCKETS_MAX + SYMBOLS_MAX];
    uint32_t sysv[2 + BUCKETS_MAX + SYMBOLS_MAX];
    Elf64_Dyn dynamic[6];
};

static const char *name_of(const struct tables *tables, unsigned index)
{
    return tables->strings + tables->symbols[index].st_name;
}

/* System V ABI, "Hash Table Section" has its own; GNU's is Bernstein's. */
static uint32_t gnu_hash(const char *name)
{
    uint32_t hash = 5381;

    while (*name != '\0')
        hash = (hash << 5) + hash + (uint8_t)*name++;
    return hash;
}

/* ---- what a linker does ---- */

static void add_symbol(struct tables *tables, const char *line)
{
    unsigned index = tables->count++;
    size_t length = strlen(line + 1) + 1;
    char kind = line[0];

    tables->symbols[index] = (Elf64_Sym){
        .st_name = tables->strings_bytes,
        .st_info = ELF64_ST_INFO(STB_GLOBAL, kind == 'o' ? STT_OBJECT : STT_FUNC),
        .st_shndx = kind == 'u' ? SHN_UNDEF : 1,
        .st_value = kind == 'z' || kind == 'u' ? 0 : VALUE + index,
    };
    tables->versions[index] = kind == 'h' ? HIDDEN | 2 : 2;
    memcpy(tables->strings + tables->strings_bytes, line + 1, length);
    tables->strings_bytes += (uint32_t)length;
}

static void read_symbols(struct tables *tables, char *text)
{
    for (char *line; (line = strsep(&text, "\n")) != NULL && tables->count < SYMBOLS_MAX;)
        if (line[0] != '\0' && tables->strings_bytes + strlen(line) < sizeof(tables->strings))
            add_symbol(tables, line);
}

/* Where the linker puts a symbol: what is not defined first, then bucket by bucket. */
static unsigned rank(const struct tables *tables, unsigned index)
{
    if (tables->symbols[index].st_shndx == SHN_UNDEF)
        return 0;
    return 1 + gnu_hash(name_of(tables, index)) % tables->buckets;
}

static void swap(struct tables *tables, unsigned a, unsigned b)
{
    Elf64_Sym symbol = tables->symbols[a];
    Elf64_Half version = tables->versions[a];

    tables->symbols[a] = tables->symbols[b];
    tables->versions[a] = tables->versions[b];
    tables->symbols[b] = symbol;
    tables->versions[b] = version;
}

static void sort_symbols(struct tables *tables)
{
    for (unsigned i = 2; i < tables->count; i++)
        for (unsigned k = i; k > 1 && rank(tables, k - 1) > rank(tables, k); k--)
            swap(tables, k - 1, k);
}

static void fill_gnu(struct tables *tables)
{
    uint32_t *bucket = tables->gnu + 4 + 2 * BLOOM_WORDS, *chain = bucket + tables->buckets;
    unsigned first = 1;

    while (first < tables->count && rank(tables, first) == 0)
        first++;
    tables->gnu[0] = tables->buckets;
    tables->gnu[1] = first;
    tables->gnu[2] = BLOOM_WORDS;
    for (unsigned i = first; i < tables->count; i++) {
        unsigned own = rank(tables, i) - 1;
        bool last = i + 1 == tables->count || rank(tables, i + 1) - 1 != own;
        bucket[own] = bucket[own] != 0 ? bucket[own] : i;
        chain[i - first] = (gnu_hash(name_of(tables, i)) & ~1u) | last;
    }
}

static void add_dynamic(struct tables *tables, unsigned *count, Elf64_Sxword tag, const void *at)
{
    tables->dynamic[(*count)++] = (Elf64_Dyn){.d_tag = tag, .d_un.d_ptr = (Elf64_Addr)(uintptr_t)at};
}

static void fill(struct tables *tables, uint8_t form, char *text)
{
    unsigned entries = 0;

    *tables = (struct tables){.count = 1, .strings_bytes = 1, .buckets = 1 + form / 8u % BUCKETS_MAX};
    read_symbols(tables, text);
    sort_symbols(tables);
    fill_gnu(tables);
    tables->sysv[1] = tables->count;
    add_dynamic(tables, &entries, DT_SYMTAB, tables->symbols);
    add_dynamic(tables, &entries, DT_STRTAB, tables->strings);
    if (form % 2 == 0)
        add_dynamic(tables, &entries, DT_VERSYM, tables->versions);
    if (form / 2 % 3 != 0)
        add_dynamic(tables, &entries, DT_GNU_HASH, tables->gnu);
    if (form / 2 % 3 != 1)
        add_dynamic(tables, &entries, DT_HASH, tables->sysv);
}

/* ---- what a plainer look finds ---- */

static bool defined(const struct tables *tables, unsigned index)
{
    const Elf64_Sym *symbol = &tables->symbols[index];

    return symbol->st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol->st_info) == STT_FUNC;
}

static uintptr_t find(const struct tables *tables, const char *name, bool versioned)
{
    for (int any = 0; any <= 1; any++)
        for (unsigned i = 1; i < tables->count; i++)
            if (defined(tables, i) && tables->symbols[i].st_value != 0 && strcmp(name_of(tables, i), name) == 0 &&
                (any == 1 || !versioned || (tables->versions[i] & HIDDEN) == 0))
                return LOADED_AT + tables->symbols[i].st_value;
    return 0;
}

static void check_endings(const struct tables *tables, const struct link_map *map, const char *suffix)
{
    uint32_t at = 0;
    size_t length = strlen(suffix);
    const char *found = objects_next_ending(map, suffix, &at);

    for (unsigned i = 1; i < tables->count; i++) {
        const char *name = name_of(tables, i);
        size_t own = strlen(name);
        if (!defined(tables, i) || own < length || strcmp(name + own - length, suffix) != 0)
            continue;
        require(found == name);
        found = objects_next_ending(map, suffix, &at);
    }
    require(found == NULL && at <= tables->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tables tables;
    uint8_t form = size > 0 ? data[0] : 0;
    char *text = fuzz_text(data + (size > 0), size - (size > 0));
    struct link_map map = {.l_addr = LOADED_AT, .l_ld = tables.dynamic}, before = {.l_ld = NULL, .l_next = &map};
    const struct link_map *holder = NULL;

    fill(&tables, form, text);
    for (unsigned i = 1; i < tables.count; i++) {
        const char *name = name_of(&tables, i);
        uintptr_t wanted = find(&tables, name, form % 2 == 0);
        require((uintptr_t)objects_find_in(&map, name) == wanted);
        require((uintptr_t)objects_find_from(&before, name, &holder) == wanted && (wanted == 0 || holder == &map));
    }
    require((uintptr_t)objects_find_in(&map, "mallctl") == find(&tables, "mallctl", form % 2 == 0));
    check_endings(&tables, &map, "mallctl");
    check_endings(&tables, &map, "");
    free(text);
    return 0;
}
