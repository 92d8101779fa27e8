/* main.c: arenatop, the program: picks the command and sees to it that what it printed arrived. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "fail.h"

/* A full disk behind stdout shows only when the last bytes go. A reader that has gone away is no error to speak of. */
static int close_stdout(int status)
{
    bool failed = ferror(stdout) != 0;

    errno = 0;
    failed |= fclose(stdout) != 0;
    if (!failed || status != EXIT_DONE)
        return status;
    int error = fail_stdout_errno() != 0 ? fail_stdout_errno() : errno;
    if (error == EPIPE)
        return EXIT_FAILED;
    return fail_with(EXIT_FAILED, "standard output: %s", error != 0 ? strerror(error) : "cannot be written");
}

/* Whoever starts us may have closed some of the first three descriptors. A file that is opened later would have that number:
 * what is said would go into a recording. What is put there fails as a closed one does, and is closed again to a program that
 * `run` becomes. */
static int keep_first_descriptors(void)
{
    static const int modes[] = {[STDIN_FILENO] = O_WRONLY, [STDOUT_FILENO] = O_RDONLY, [STDERR_FILENO] = O_RDONLY};

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd] | O_CLOEXEC) != fd)
            return -1;
    return 0;
}

int main(int argc, char **argv)
{
    if (keep_first_descriptors() < 0)
        return EXIT_FAILED;
    /* Figures are written the same in every country; only the alphabet is the user's. */
    setlocale(LC_CTYPE, "");

    const struct command *command = argc > 1 ? commands_find(argv[1]) : NULL;
    if (command == NULL)
        return close_stdout(command_view.run(&command_view, argc, argv));
    return close_stdout(command->run(command, argc - 1, argv + 1));
}
