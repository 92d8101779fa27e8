/* procfs.h: small facts from /proc, read without malloc, by agent and viewer alike.
 *
 * A `pid` is a number in the pid namespace of the /proc that is mounted, 0 for the calling process. All functions may be
 * called from any thread; they may change errno. */
#ifndef AT_PROCFS_H
#define AT_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads a small file: up to `capacity` - 1 bytes, to which a NUL is added. Returns how many, or -errno with an empty
 * buffer. */
ssize_t procfs_read(const char *path, char *buffer, size_t capacity);

/* The same for /proc/<pid>/<file>. */
ssize_t procfs_read_of(uint32_t pid, const char *file, char *buffer, size_t capacity);

struct procfs_stat {
    char state;           /* 'R', 'S', 'Z', ... */
    uint64_t threads;     /* 1 or 0 in a process whose last thread has ended */
    uint64_t start_ticks; /* clock ticks after boot */
};

/* Reads /proc/<pid>/stat; the command in it may hold anything, parentheses and newlines too. Returns 0, -errno, or
 * -EBADMSG when it does not look like one. */
int procfs_stat(uint32_t pid, struct procfs_stat *stat);

/* The part of procfs_stat that judges text: takes the file's content apart. */
int procfs_parse_stat(const char *text, struct procfs_stat *stat);

/* The inode number of a process's pid namespace. Returns 0 or -errno. */
int procfs_pidns(uint32_t pid, uint64_t *inode);

/* This machine's boot, as 16 bytes. Returns 0, -errno, or -EBADMSG; then the bytes are 0. */
int procfs_boot_id(uint8_t id[16]);

/* Whether /proc shows the pid namespace that the calling process lives in, so that its pids mean what ours mean. */
bool procfs_is_ours(void);

#endif
