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

enum { LINKS_MAX = 40 }; /* of more the kernel makes ELOOP */

/* What a path stands for. */
struct place {
    bool ordinary; /* a file, or nothing yet: to be replaced. Else something to be written to as it is */
    mode_t mode;
    uid_t uid; /* (uid_t)-1: whoever writes */
    gid_t gid;
};

/* A link to nothing, as far as it leads: the file is made there, and the link stays. */
static int follow_links(char path[PATH_MAX])
{
    char to[PATH_MAX], folder[PATH_MAX];
    ssize_t length;

    for (int i = 0; i < LINKS_MAX && (length = readlink(path, to, sizeof(to) - 1)) >= 0; i++) {
        to[length] = '\0';
        memcpy(folder, path, sizeof(folder));
        int written =
            to[0] == '/' ? snprintf(path, PATH_MAX, "%s", to) : snprintf(path, PATH_MAX, "%s/%s", dirname(folder), to);
        if (written < 0 || written >= PATH_MAX) {
            errno = ENAMETOOLONG;
            return -1;
        }
    }
    return 0;
}

static int find_place(struct output *output, const char *path, struct place *place)
{
    struct stat status;

    *place = (struct place){.ordinary = true, .uid = (uid_t)-1, .gid = (gid_t)-1};
    if (stat(path, &status) != 0) {
        size_t length = strlen(path);
        if (errno != ENOENT || length >= sizeof(output->path)) {
            errno = errno != ENOENT ? errno : ENAMETOOLONG;
            return -1;
        }
        memcpy(output->path, path, length + 1);
        if (follow_links(output->path) < 0)
            return -1;
        mode_t mask = umask(0);
        umask(mask);
        place->mode = 0666 & ~mask;
        return 0;
    }
    if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    *place = (struct place){S_ISREG(status.st_mode), status.st_mode & 0777, status.st_uid, status.st_gid};
    return !place->ordinary || realpath(path, output->path) != NULL ? 0 : -1;
}

/* Makes the file, or leaves errno and nothing else. */
static int make_temporary(const struct output *output, const struct place *place)
{
    char copy[PATH_MAX];

    memcpy(copy, output->path, sizeof(copy));
    /* A name of its own: one made from the file's might be too long. */
    int length = snprintf(output_temporary, sizeof(output_temporary), "%s/.arenatop-XXXXXX", dirname(copy));
    if (length < 0 || (size_t)length >= sizeof(output_temporary)) {
        errno = ENAMETOOLONG;
        return -1;
    }
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
    output->is_temporary = place.ordinary;
    int file = place.ordinary ? make_temporary(output, &place) : open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    output->is_temporary &= file >= 0;
    return file;
}

int output_open(struct output *output, const char *path, struct failure *failure)
{
    const cookie_io_functions_t functions = {.write = write_all};

    memset(output, 0, sizeof(*output));
    output->name = path;
    ignore_size_signal();
    output->file = open_file(output, path);
    if (output->file < 0)
        return fail_set_errno(failure, errno, path);
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
    output->stream = NULL;
    output->file = -1;
}
