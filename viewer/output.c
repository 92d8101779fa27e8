/* output.c: a file that appears whole or not at all. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A signal handler can be told nothing: the file that it has to remove, or empty. */
static char output_temporary[PATH_MAX];

static const int fatal_signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { FATAL_SIGNALS = sizeof(fatal_signals) / sizeof(fatal_signals[0]) };

static void on_fatal_signal(int signal_number)
{
    unlink(output_temporary);
    /* SA_RESETHAND has put the default action back: it ends the process as if we had not been here. */
    raise(signal_number);
}

static void catch_signals(bool catch)
{
    for (size_t i = 0; i < FATAL_SIGNALS; i++) {
        struct sigaction action;
        /* One that is ignored (nohup) stays ignored. */
        if (sigaction(fatal_signals[i], NULL, &action) != 0 || action.sa_handler == SIG_IGN)
            continue;
        action = (struct sigaction){.sa_handler = catch ? on_fatal_signal : SIG_DFL,
                                    .sa_flags = catch ? (int)SA_RESETHAND : 0};
        sigemptyset(&action.sa_mask);
        sigaction(fatal_signals[i], &action, NULL);
    }
}

/* A full disk ends in an error, not in SIGXFSZ: the limit of RLIMIT_FSIZE is a disk that is full. */
static void ignore_size_signal(void)
{
    signal(SIGXFSZ, SIG_IGN);
}

/* ---- opening ---- */

enum { LINKS_MAX = 40 /* of more the kernel makes ELOOP */, TRIES_MAX = 100, PROC_PATH_BYTES = 40 };

/* What a path stands for. */
struct place {
    bool ordinary; /* a file, or nothing yet: to be replaced. Else something to be written to as it is */
    mode_t mode;
    uid_t uid; /* (uid_t)-1: whoever writes */
    gid_t gid;
};

/* One step along a link. Returns 1; 0 where there is none; -1 with errno. Kernels differ in whether they let root walk into a
 * link that somebody has laid in its way; to a place that is not there yet we follow our own and root's. */
static int follow_link(char path[PATH_MAX])
{
    char to[PATH_MAX], folder[PATH_MAX];
    struct stat status;
    ssize_t length = -1;
    int link = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (link < 0)
        return 0;
    if (fstat(link, &status) == 0 && S_ISLNK(status.st_mode) && (length = readlinkat(link, "", to, sizeof(to) - 1)) > 0)
        to[length] = '\0';
    close(link);
    if (length <= 0)
        return 0;
    if (status.st_uid != geteuid() && status.st_uid != 0) {
        errno = EACCES;
        return -1;
    }
    memcpy(folder, path, sizeof(folder));
    int written =
        to[0] == '/' ? snprintf(path, PATH_MAX, "%s", to) : snprintf(path, PATH_MAX, "%s/%s", dirname(folder), to);
    errno = ENAMETOOLONG;
    return written > 0 && written < PATH_MAX ? 1 : -1;
}

/* Holds the folder of a path open, and names the file from there: folders that are moved, or replaced by links, while the
 * file is written do not lead it astray. */
static int hold_folder(struct output *output, const char *path)
{
    char copy[PATH_MAX];
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;

    errno = name[0] == '\0' ? ENOENT : ENAMETOOLONG;
    if (name[0] == '\0' || (size_t)snprintf(copy, sizeof(copy), "%s", path) >= sizeof(copy))
        return -1;
    output->folder = open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (output->folder < 0)
        return -1;
    int written = snprintf(output->path, sizeof(output->path), "/proc/self/fd/%d/%s", output->folder, name);
    errno = ENAMETOOLONG;
    return written > 0 && (size_t)written < sizeof(output->path) ? 0 : -1;
}

static void let_folder_go(struct output *output)
{
    if (output->folder >= 0)
        close(output->folder);
    output->folder = -1;
}

/* A link to nothing, as far as it leads: the file is made there, and the link stays. */
static int find_new(struct output *output, const char *path, struct place *place)
{
    char end[PATH_MAX];
    int steps = 0, result;

    errno = ENAMETOOLONG;
    if ((size_t)snprintf(end, sizeof(end), "%s", path) >= sizeof(end))
        return -1;
    while ((result = follow_link(end)) > 0 && steps < LINKS_MAX)
        steps++;
    mode_t mask = umask(0);
    umask(mask);
    place->mode = 0666 & ~mask;
    return result < 0 ? -1 : hold_folder(output, end);
}

/* The kernel thinks the same of it (fs.protected_regular, fs.protected_symlinks), where it is told to. */
static bool is_bait(const struct stat *folder, const struct stat *file)
{
    return (folder->st_mode & S_ISVTX) != 0 && (folder->st_mode & S_IWOTH) != 0 && file->st_uid != geteuid() &&
           file->st_uid != folder->st_uid;
}

bool output_lies_in_wait(const char *path)
{
    char copy[PATH_MAX];
    struct stat folder, file;

    return (size_t)snprintf(copy, sizeof(copy), "%s", path) < sizeof(copy) && lstat(path, &file) == 0 &&
           stat(dirname(copy), &folder) == 0 && is_bait(&folder, &file);
}

/* Finds the name that an open file has now, in its folder. Fails with ESTALE when another file has it meanwhile. */
static int find_name(struct output *output, int there, const struct stat *file)
{
    char self[PROC_PATH_BYTES], path[PATH_MAX];
    struct stat named, folder;

    snprintf(self, sizeof(self), "/proc/self/fd/%d", there);
    ssize_t length = readlink(self, path, sizeof(path) - 1);
    path[length > 0 ? length : 0] = '\0';
    if (length < 0 || hold_folder(output, path) < 0)
        return -1;
    bool same = lstat(output->path, &named) == 0 && named.st_dev == file->st_dev && named.st_ino == file->st_ino;
    errno = same ? EACCES : ESTALE;
    return same && fstat(output->folder, &folder) == 0 && !is_bait(&folder, file) ? 0 : -1;
}

/* The file is held while it is judged, so that owner and mode are of what is replaced, and of nothing that was put in its
 * place. What is not ordinary is opened here, too. */
static int judge_place(struct output *output, int there, struct place *place)
{
    char self[PROC_PATH_BYTES];
    struct stat status;

    if (fstat(there, &status) != 0)
        return -1;
    if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    *place = (struct place){S_ISREG(status.st_mode), status.st_mode & 0777, status.st_uid, status.st_gid};
    if (place->ordinary)
        return find_name(output, there, &status);
    snprintf(self, sizeof(self), "/proc/self/fd/%d", there);
    output->file = open(self, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return output->file >= 0 ? 0 : -1;
}

static int find_place(struct output *output, const char *path, struct place *place)
{
    int result, tries = 0;

    do {
        let_folder_go(output);
        *place = (struct place){.ordinary = true, .uid = (uid_t)-1, .gid = (gid_t)-1};
        int there = open(path, O_PATH | O_CLOEXEC);
        if (there < 0)
            return errno == ENOENT ? find_new(output, path, place) : -1;
        result = judge_place(output, there, place);
        int error = errno;
        close(there);
        errno = error;
    } while (result < 0 && errno == ESTALE && ++tries < TRIES_MAX); /* others may write the same file */
    return result;
}

/* Makes the file, or leaves errno and nothing else. */
static int make_temporary(const struct output *output, const struct place *place)
{
    /* A name of its own: one made from the file's might be too long. */
    snprintf(output_temporary, sizeof(output_temporary), "/proc/self/fd/%d/.arenatop-XXXXXX", output->folder);
    catch_signals(true);
    int file = mkostemp(output_temporary, O_CLOEXEC);
    if (file < 0) {
        int error = errno;
        catch_signals(false);
        errno = error;
        return -1;
    }
    /* Root keeps somebody else's file theirs; others cannot, and make it their own. */
    if (fchown(file, place->uid, place->gid) != 0)
        errno = 0;
    fchmod(file, place->mode);
    return file;
}

static ssize_t write_all(void *cookie, const char *bytes, size_t count)
{
    struct output *output = cookie;
    size_t done = 0;

    while (done < count) {
        ssize_t wrote = write(output->file, bytes + done, count - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            /* stdio forgets why; by the end errno is long another. */
            output->error = output->error != 0 ? output->error : errno;
            return 0;
        }
        done += (size_t)wrote;
    }
    return (ssize_t)count;
}

static int open_file(struct output *output, const char *path)
{
    struct place place;

    if (path == NULL || strcmp(path, "-") == 0) {
        fflush(stdout);
        output->name = "standard output";
        return STDOUT_FILENO;
    }
    if (find_place(output, path, &place) < 0)
        return -1;
    if (!place.ordinary)
        return output->file;
    int file = make_temporary(output, &place);
    output->is_temporary = file >= 0;
    return file;
}

int output_open(struct output *output, const char *path, struct failure *failure)
{
    const cookie_io_functions_t functions = {.write = write_all};

    *output = (struct output){.name = path, .file = -1, .folder = -1};
    ignore_size_signal();
    output->file = open_file(output, path);
    if (output->file < 0) {
        fail_set_errno(failure, errno, path);
        let_folder_go(output);
        return -1;
    }
    output->stream = fopencookie(output, "w", functions);
    if (output->stream != NULL)
        return 0;
    output_discard(output);
    return fail_set_errno(failure, ENOMEM, output->name);
}

/* ---- ending ---- */

int output_sync_folder(const char *path)
{
    char copy[PATH_MAX];

    if ((size_t)snprintf(copy, sizeof(copy), "%s", path) >= sizeof(copy)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -1;
    /* Not every file system can; the file is there all the same. */
    int result = fsync(folder) == 0 || errno == EINVAL || errno == EROFS ? 0 : -1;
    int error = errno;
    close(folder);
    errno = error;
    return result;
}

/* Everything to the disk and under its name. Power may fail at any moment: the bytes come to the disk before the name means
 * them, so that it means either the old file or the whole new one; and the folder before we say that it is done. Returns
 * 0, or -1 with errno. */
static int finish(struct output *output)
{
    if (fflush(output->stream) != 0 || ferror(output->stream) != 0) {
        errno = output->error != 0 ? output->error : EIO;
        return -1;
    }
    if (!output->is_temporary)
        return 0;
    if (fsync(output->file) != 0 || rename(output_temporary, output->path) != 0)
        return -1;
    output->is_temporary = false;
    catch_signals(false);
    return output_sync_folder(output->path);
}

int output_commit(struct output *output, struct failure *failure)
{
    int result = finish(output);
    int error = errno;

    output_discard(output);
    if (result == 0)
        return 0;
    if (error == EPIPE)
        return fail_set(failure, EXIT_FAILED, "%s", "");
    return fail_set_errno(failure, error, output->name);
}

void output_discard(struct output *output)
{
    if (output->is_temporary) {
        unlink(output_temporary);
        catch_signals(false);
        output->is_temporary = false;
    }
    if (output->stream != NULL)
        fclose(output->stream);
    if (output->file > STDERR_FILENO)
        close(output->file);
    let_folder_go(output);
    output->stream = NULL;
    output->file = -1;
}
