/* fuzz_procs.c: the texts of /proc, of any bytes: what a process calls itself cannot make it another. */
#include "fuzz_text.h"
#include "procs.h"
#include "quote.h"

/* A command line as the kernel has it, quoted for a shell: no control character is left in it. */
static void check_quoted(const char *words, size_t size)
{
    char quoted[400];

    quote_words(quoted, sizeof(quoted), words, size);
    fuzz_require_visible(quoted, "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct procfs_stat stat;
    struct proc proc = {.pid = 4711};
    char *text = fuzz_text(data, size);

    if (procfs_parse_stat(text, &stat) == 0)
        require(stat.state != '\0' && stat.state != ' ');
    if (procs_parse_status(&proc, text) == 0)
        require(proc.pid == 4711 && proc.inner_pid > 0 && proc.inner_pid <= INT32_MAX);
    check_quoted(text, size);
    free(text);
    return 0;
}
