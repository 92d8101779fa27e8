/* identity.c: what tells one process from every other, and the segment's name that is made of it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "procfs.h"
#include "segment.h"

int segment_identify(struct segment_identity *identity)
{
    struct guest guest = guest_enter();
    struct procfs_stat stat;

    memset(identity, 0, sizeof(*identity));
    identity->pid = (uint32_t)getpid();
    identity->uid = (uint32_t)geteuid();
    if (procfs_stat(0, &stat) == 0)
        identity->start_ticks = stat.start_ticks;
    procfs_pidns(0, &identity->pidns);
    procfs_boot_id(identity->boot_id);
    guest_leave(&guest);
    return 0;
}

/* FNV-1a (Fowler, Noll, Vo) over some bytes more. */
static uint64_t hash_more(uint64_t hash, const void *bytes, size_t count)
{
    const unsigned char *byte = bytes;

    for (size_t i = 0; i < count; i++)
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    return hash;
}

void segment_name(const struct segment_identity *identity, char name[SEGMENT_NAME_BYTES])
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    hash = hash_more(hash, &identity->uid, sizeof(identity->uid));
    hash = hash_more(hash, &identity->start_ticks, sizeof(identity->start_ticks));
    hash = hash_more(hash, &identity->pidns, sizeof(identity->pidns));
    hash = hash_more(hash, identity->boot_id, sizeof(identity->boot_id));
    snprintf(name, SEGMENT_NAME_BYTES, "/arenatop.%u.%016llx", (unsigned)identity->pid, (unsigned long long)hash);
}

bool segment_parse_name(const char *name, uint32_t *pid)
{
    static const char prefix[] = "arenatop.";
    uint64_t value = 0;

    if (strncmp(name, prefix, sizeof(prefix) - 1) != 0)
        return false;
    const char *at = name + sizeof(prefix) - 1;
    if (*at == '0')
        return false;
    for (; *at >= '0' && *at <= '9' && value <= INT32_MAX; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    if (value == 0 || value > INT32_MAX || *at != '.')
        return false;
    at++;
    if (strspn(at, "0123456789abcdef") != 16 || at[16] != '\0')
        return false;
    *pid = (uint32_t)value;
    return true;
}

/* Whether /proc can answer for the process that a header names: the same boot and pid namespace as ours. */
static int same_world(const struct at_header *header)
{
    static const uint8_t unknown[16];
    uint8_t boot_id[16];
    uint64_t pidns;

    if (memcmp(header->boot_id, unknown, 16) != 0 && procfs_boot_id(boot_id) == 0 &&
        memcmp(header->boot_id, boot_id, 16) != 0)
        return 0;
    if (header->pidns == 0 || procfs_pidns(0, &pidns) != 0 || header->pidns != pidns || !procfs_is_ours())
        return -1;
    return 1;
}

int segment_process_exists(const struct at_header *header)
{
    struct procfs_stat stat;
    int world = same_world(header);

    if (world != 1)
        return world;
    if (header->pid == 0 || header->pid > INT32_MAX || header->start_ticks == 0)
        return -1;
    int error = procfs_stat(header->pid, &stat);
    if (error == -ENOENT || error == -ESRCH)
        /* /proc may hide what is other users'; kill does not. */
        return kill((pid_t)header->pid, 0) != 0 && errno == ESRCH ? 0 : -1;
    if (error != 0)
        return -1;
    if (stat.start_ticks != header->start_ticks)
        return 0;
    /* A zombie holds no memory; but one whose main thread has ended before the others looks like one too. */
    return (stat.state == 'Z' || stat.state == 'X') && stat.threads <= 1 ? 0 : 1;
}
