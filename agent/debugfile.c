/* debugfile.c: finds separate debug files, in the places where GDB looks for them. */
#include "debugfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_PLACE "/usr/lib/debug"
#define ID_BYTES_MAX 64
#define FOLDER_BYTES 512 /* threads with small stacks come here */
#define READ_BYTES   2048

/* What a stripped file says of its other half. */
struct link {
    const unsigned char *id; /* NULL: none */
    size_t id_bytes;
    const char *name; /* NULL: none */
    uint32_t checksum;
    char folder[FOLDER_BYTES]; /* of the stripped file; empty: too long */
};

/* The note is a header of three words, the name "GNU" and the id. */
static const unsigned char *build_id(const struct image *image, size_t *bytes)
{
    const Elf64_Shdr *section = image_section_named(image, IMAGE_BUILD_ID);
    Elf64_Nhdr note;
    if (section == NULL || section->sh_offset % 4 != 0 || section->sh_size < sizeof note + 4)
        return NULL;
    Elf64_Shdr whole = *section;
    whole.sh_offset &= ~UINT64_C(7); /* content is asked for in steps of 8 bytes, notes lie at 4 */
    whole.sh_size += section->sh_offset - whole.sh_offset;
    const unsigned char *content = image_content(image, &whole, false);
    if (content == NULL)
        return NULL;
    content += section->sh_offset - whole.sh_offset;
    memcpy(&note, content, sizeof note);
    if (note.n_namesz != 4 || note.n_descsz < 2 || note.n_descsz > ID_BYTES_MAX ||
        note.n_descsz > section->sh_size - sizeof note - 4)
        return NULL;
    *bytes = note.n_descsz;
    return content + sizeof note + 4;
}

static void read_link(struct link *link, const struct image *image)
{
    const Elf64_Shdr *section = image_section_named(image, IMAGE_DEBUG_LINK);
    if (section == NULL || section->sh_size < 8 || section->sh_size > NAME_MAX || section->sh_offset > image->size ||
        section->sh_size > image->size - section->sh_offset)
        return;
    const char *name = (const char *)image->bytes + section->sh_offset;
    if (strnlen(name, section->sh_size - 4) == section->sh_size - 4 || strchr(name, '/') != NULL)
        return;
    memcpy(&link->checksum, name + section->sh_size - 4, 4);
    link->name = name;
}

static void find_folder(struct link *link, const char *path)
{
    ssize_t length = readlink(path, link->folder, sizeof link->folder - 1);
    if (length > 0 && link->folder[0] == '/') /* /proc's link to the executable */
        link->folder[length] = '\0';
    else if (snprintf(link->folder, sizeof link->folder, "%s", path) >= (int)sizeof link->folder)
        link->folder[0] = '\0';
    char *slash = strrchr(link->folder, '/');
    if (slash != NULL)
        *slash = '\0';
}

/* CRC-32 as in zlib (polynomial 0xedb88320), four bits at a time: the table is small enough to be seen through. */
static uint32_t checksum_on(uint32_t crc, const unsigned char *bytes, size_t count)
{
    static const uint32_t nibble[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ nibble[crc & 15];
        crc = crc >> 4 ^ nibble[crc & 15];
    }
    return crc;
}

static bool is_regular(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

/* Of the whole file, of which an image has the part that is looked into. What lies at the path may have been replaced since
 * the image was opened, by something without an end: no more is read than the image's `size`. */
static bool has_checksum(const char *path, uint64_t size, uint32_t wanted)
{
    unsigned char bytes[READ_BYTES];
    uint32_t crc = UINT32_MAX;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return false;
    for (bool more = is_regular(fd); more && size > 0;) {
        ssize_t got = read(fd, bytes, size < sizeof bytes ? size : sizeof bytes);
        more = got > 0 || (got < 0 && errno == EINTR);
        crc = checksum_on(crc, bytes, got > 0 ? (size_t)got : 0);
        size -= got > 0 ? (uint64_t)got : 0;
    }
    close(fd);
    return size == 0 && ~crc == wanted;
}

static bool belongs(const struct image *debug, const struct link *link, const char *path)
{
    size_t bytes = 0;
    const unsigned char *id = build_id(debug, &bytes);
    if (id != NULL && link->id != NULL)
        return bytes == link->id_bytes && memcmp(id, link->id, bytes) == 0;
    return link->name != NULL && has_checksum(path, debug->size, link->checksum);
}

static bool try(struct image *debug, const struct link *link, const char *path)
{
    if (!image_open(debug, path))
        return false;
    if (belongs(debug, link, path))
        return true;
    image_close(debug);
    return false;
}

static bool try_build_id(struct image *debug, const struct link *link)
{
    char path[sizeof SYSTEM_PLACE "/.build-id/" + 2 * ID_BYTES_MAX + sizeof "/.debug"];
    int length = snprintf(path, sizeof path, SYSTEM_PLACE "/.build-id/%02x/", link->id[0]);
    for (size_t i = 1; i < link->id_bytes; i++)
        length += snprintf(path + length, sizeof path - (size_t)length, "%02x", link->id[i]);
    snprintf(path + length, sizeof path - (size_t)length, ".debug");
    return try(debug, link, path);
}

static bool try_named(struct image *debug, const struct link *link)
{
    static const struct {
        const char *before, *behind;
    } places[] = {{"", "/"}, {"", "/.debug/"}, {SYSTEM_PLACE, "/"}};
    char path[FOLDER_BYTES + NAME_MAX + 32];
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int length =
            snprintf(path, sizeof path, "%s%s%s%s", places[i].before, link->folder, places[i].behind, link->name);
        if (length < (int)sizeof path && try(debug, link, path))
            return true;
    }
    return false;
}

bool debugfile_open(struct image *debug, const struct image *image, const char *path)
{
    int saved = errno;
    struct link link = {.id = NULL};
    link.id = build_id(image, &link.id_bytes);
    read_link(&link, image);
    bool found = link.id != NULL && try_build_id(debug, &link);
    if (!found && link.name != NULL) {
        find_folder(&link, path);
        found = try_named(debug, &link);
    }
    errno = saved;
    return found;
}
