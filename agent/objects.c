/* objects.c: walks the link map and the dynamic symbol tables (System V ABI, GNU hash sections). */
#include "objects.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

#include "confine.h"
#include "lookup.h"

#define HEADERS_BYTES 4096u /* the least that is mapped of an object */

#define PROGRAM_BYTES 64

struct dynamic {
    const ElfW(Sym) * symbols;
    const char *strings;
    const ElfW(Half) * versions;
    const uint32_t *gnu_hash;
    const uint32_t *sysv_hash;
};

const struct link_map *objects_holding(const void *address)
{
    struct dl_find_object found;
    return _dl_find_object((void *)(uintptr_t)address, &found) == 0 ? found.dlfo_link_map : NULL;
}

struct segments {
    const ElfW(Phdr) * at;
    unsigned long count;
};

/* The ELF header lies at the start of the first segment; its program headers, as a rule, right behind it. Of an executable
 * with holes between its segments (on arm64 these lie 64 KiB apart) libc knows each segment by itself, and the start of none
 * but the first has a header: but the kernel has told where the program headers are. */
static struct segments segments_of(const struct dl_find_object *found)
{
    const struct link_map *map = found->dlfo_link_map;
    if (map->l_prev == NULL && map->l_name[0] == '\0')
        return (struct segments){.at = (const void *)getauxval(AT_PHDR), .count = getauxval(AT_PHNUM)};
    const ElfW(Ehdr) *header = found->dlfo_map_start;
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_phentsize != sizeof(ElfW(Phdr)) ||
        header->e_phoff + header->e_phnum * sizeof(ElfW(Phdr)) > HEADERS_BYTES)
        return (struct segments){.count = 0};
    return (struct segments){.at = (const void *)((const char *)header + header->e_phoff), .count = header->e_phnum};
}

size_t objects_readable(const void *address)
{
    struct dl_find_object found;
    if (_dl_find_object((void *)(uintptr_t)address, &found) != 0)
        return 0;
    const struct segments segments = segments_of(&found);
    const ElfW(Phdr) *segment = segments.at;
    uintptr_t at = (uintptr_t)address - found.dlfo_link_map->l_addr;
    for (unsigned long i = 0; segment != NULL && i < segments.count; i++)
        if (segment[i].p_type == PT_LOAD && (segment[i].p_flags & PF_R) != 0 &&
            at - segment[i].p_vaddr < segment[i].p_memsz)
            return segment[i].p_memsz - (at - segment[i].p_vaddr);
    return 0;
}

const struct link_map *objects_first(void)
{
    const struct link_map *map = objects_holding(__extension__(const void *) objects_first);
    while (map != NULL && map->l_prev != NULL)
        map = map->l_prev;
    return map;
}

/* glibc has relocated these pointers in place for every object but the vDSO. */
static const void *pointer_in(const struct link_map *map, ElfW(Addr) value)
{
    return (const void *)(value < map->l_addr ? value + map->l_addr : value);
}

static bool read_dynamic(const struct link_map *map, struct dynamic *out)
{
    *out = (struct dynamic){0};
    if (map->l_ld == NULL)
        return false;
    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
        const void *pointer = pointer_in(map, entry->d_un.d_ptr);
        switch (entry->d_tag) {
        case DT_SYMTAB:
            out->symbols = pointer;
            break;
        case DT_STRTAB:
            out->strings = pointer;
            break;
        case DT_VERSYM:
            out->versions = pointer;
            break;
        case DT_GNU_HASH:
            out->gnu_hash = pointer;
            break;
        case DT_HASH:
            out->sysv_hash = pointer;
            break;
        default:
            break;
        }
    }
    return out->symbols != NULL && out->strings != NULL && (out->gnu_hash != NULL || out->sysv_hash != NULL);
}

static bool defines(const struct dynamic *dynamic, uint32_t index, const char *name, bool any_version)
{
    const ElfW(Sym) *symbol = &dynamic->symbols[index];
    if (symbol->st_shndx == SHN_UNDEF || symbol->st_value == 0 || ELF64_ST_TYPE(symbol->st_info) != STT_FUNC)
        return false;
    if (!any_version && dynamic->versions != NULL && (dynamic->versions[index] & 0x8000) != 0)
        return false;
    return strcmp(dynamic->strings + symbol->st_name, name) == 0;
}

static uint32_t gnu_hash_of(const char *name)
{
    uint32_t hash = 5381;
    for (; *name != '\0'; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

static const ElfW(Sym) * find_gnu(const struct dynamic *dynamic, const char *name, bool any_version)
{
    uint32_t buckets = dynamic->gnu_hash[0], first = dynamic->gnu_hash[1], bloom_words = dynamic->gnu_hash[2];
    const uint32_t *bucket = dynamic->gnu_hash + 4 + bloom_words * (sizeof(ElfW(Addr)) / 4);
    const uint32_t *chain = bucket + buckets;
    uint32_t hash = gnu_hash_of(name);
    uint32_t index = buckets != 0 ? bucket[hash % buckets] : 0;
    if (index < first)
        return NULL;
    for (;; index++) {
        uint32_t entry = chain[index - first];
        if ((entry | 1) == (hash | 1) && defines(dynamic, index, name, any_version))
            return &dynamic->symbols[index];
        if (entry & 1)
            return NULL;
    }
}

static uint32_t symbol_count(const struct dynamic *dynamic)
{
    if (dynamic->sysv_hash != NULL)
        return dynamic->sysv_hash[1];
    uint32_t buckets = dynamic->gnu_hash[0], first = dynamic->gnu_hash[1], bloom_words = dynamic->gnu_hash[2];
    const uint32_t *bucket = dynamic->gnu_hash + 4 + bloom_words * (sizeof(ElfW(Addr)) / 4);
    const uint32_t *chain = bucket + buckets;
    uint32_t last = 0;
    for (uint32_t i = 0; i < buckets; i++)
        last = bucket[i] > last ? bucket[i] : last;
    if (last < first)
        return first;
    while ((chain[last - first] & 1) == 0)
        last++;
    return last + 1;
}

static const ElfW(Sym) * find_sysv(const struct dynamic *dynamic, const char *name, bool any_version)
{
    for (uint32_t i = 1; i < dynamic->sysv_hash[1]; i++)
        if (defines(dynamic, i, name, any_version))
            return &dynamic->symbols[i];
    return NULL;
}

void *objects_find_in(const struct link_map *map, const char *name)
{
    struct dynamic dynamic;
    if (!read_dynamic(map, &dynamic))
        return NULL;
    const ElfW(Sym) *symbol = NULL;
    for (int any_version = 0; any_version <= 1 && symbol == NULL; any_version++)
        symbol =
            dynamic.gnu_hash != NULL ? find_gnu(&dynamic, name, any_version) : find_sysv(&dynamic, name, any_version);
    return symbol != NULL ? (void *)(map->l_addr + symbol->st_value) : NULL;
}

void *objects_find_from(const struct link_map *object, const char *name, const struct link_map **holder)
{
    for (const struct link_map *map = object; map != NULL; map = map->l_next) {
        void *address = objects_find_in(map, name);
        if (address == NULL)
            continue;
        if (holder != NULL)
            *holder = map;
        return address;
    }
    return NULL;
}

static bool name_in_dynamic(const struct link_map *map, uint64_t offset, char *symbol, size_t bytes)
{
    struct dynamic dynamic;
    if (!read_dynamic(map, &dynamic))
        return false;
    uint32_t count = symbol_count(&dynamic);
    for (uint32_t i = 1; i < count; i++) {
        const ElfW(Sym) *entry = &dynamic.symbols[i];
        if (entry->st_shndx == SHN_UNDEF || ELF64_ST_TYPE(entry->st_info) != STT_FUNC)
            continue;
        if (offset - entry->st_value < entry->st_size || offset == entry->st_value) {
            snprintf(symbol, bytes, "%s", dynamic.strings + entry->st_name);
            return true;
        }
    }
    return false;
}

/* Programs that write a title over their arguments change what program_invocation_short_name points at. */
static char program[PROGRAM_BYTES];

void objects_start(void)
{
    snprintf(program, sizeof program, "%s", program_invocation_short_name);
}

const char *objects_next_ending(const struct link_map *object, const char *suffix, uint32_t *at)
{
    struct dynamic dynamic;
    size_t suffix_length = strlen(suffix);
    uint32_t count = read_dynamic(object, &dynamic) ? symbol_count(&dynamic) : 0;
    while (*at < count) {
        const ElfW(Sym) *entry = &dynamic.symbols[(*at)++];
        const char *name = dynamic.strings + entry->st_name;
        if (entry->st_shndx == SHN_UNDEF || ELF64_ST_TYPE(entry->st_info) != STT_FUNC)
            continue;
        size_t length = strlen(name);
        if (length >= suffix_length && strcmp(name + length - suffix_length, suffix) == 0)
            return name;
    }
    return NULL;
}

/* The link map calls the executable "". Not /proc/self: it has none any more once the main thread has left. */
const char *objects_file(const struct link_map *object)
{
    return object->l_name[0] != '\0' ? object->l_name : "/proc/thread-self/exe";
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

const char *objects_name(const struct link_map *object)
{
    return object->l_name[0] != '\0' ? base_name(object->l_name) : program;
}

bool objects_describe(const void *address, struct objects_place *place, char *symbol, size_t bytes)
{
    const struct link_map *map = objects_holding(address);
    symbol[0] = '\0';
    *place = (struct objects_place){.object = "", .offset = (uint64_t)(uintptr_t)address};
    if (map == NULL)
        return true;
    place->object = objects_name(map);
    place->offset = (uintptr_t)address - map->l_addr;
    if (name_in_dynamic(map, place->offset, symbol, bytes) || confine_forbids(CONFINE_ASK))
        return true;
    return lookup_name(objects_file(map), place->offset, symbol, bytes) != LOOKUP_LATE;
}
