/* replay.c: runs a fuzz target without a fuzzer:  replay FILE|FOLDER...
 *
 * Each file is an input: what once broke a target, and what it starts from. Then come some made of these at random, of
 * the same dice in every run; REPLAY_ROUNDS in the environment says how many. An input lies before a page that nobody may
 * touch. Speaks TAP; a target that breaks ends it, after the name of the input was said. */
#include <dirent.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

enum { ROOM = 1 << 16, INPUTS_MAX = 4096, ROUNDS = 1000 };

struct input {
    uint8_t *bytes;
    size_t size;
};

static struct input inputs[INPUTS_MAX];
static size_t ninputs;
static uint8_t *room; /* ROOM bytes in front of the page */
static uint64_t dice = 1;

/* xorshift64 (Marsaglia). */
static size_t throw_dice(size_t sides)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (size_t)(dice % sides);
}

static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *at = room + ROOM - size;

    if (size > 0)
        memcpy(at, bytes, size);
    LLVMFuzzerTestOneInput(at, size);
}

static void read_input(const char *path)
{
    static uint8_t bytes[ROOM];
    FILE *file = fopen(path, "re");
    struct input *input = &inputs[ninputs];

    require(file != NULL && ninputs < INPUTS_MAX);
    input->size = fread(bytes, 1, ROOM, file);
    fclose(file);
    input->bytes = malloc(input->size + 1);
    require(input->bytes != NULL);
    memcpy(input->bytes, bytes, input->size);
    ninputs++;
    printf("# %s\n", path);
    fflush(stdout);
    run(input->bytes, input->size);
}

static void read_folder(const char *path)
{
    char name[4096];
    DIR *folder = opendir(path);

    require(folder != NULL);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            read_input(name);
    }
    closedir(folder);
}

/* One of the inputs, or nothing, with bytes changed, cut out and put in. */
static void run_at_random(void)
{
    static uint8_t bytes[ROOM];
    const struct input *from = ninputs > 0 ? &inputs[throw_dice(ninputs)] : &(struct input){.size = 0};
    size_t size = from->size;

    if (size > 0)
        memcpy(bytes, from->bytes, size);
    for (size_t changes = throw_dice(12); changes > 0; changes--) {
        size_t at = size > 0 ? throw_dice(size) : 0;
        size_t count = 1 + throw_dice(24);
        if (throw_dice(4) == 0) {
            count = count < size - at ? count : size - at;
            memmove(bytes + at, bytes + at + count, size - at - count);
            size -= count;
        } else if (throw_dice(2) == 0 && size + count <= ROOM) {
            memmove(bytes + at + count, bytes + at, size - at);
            for (size_t i = 0; i < count; i++)
                bytes[at + i] = (uint8_t)throw_dice(256);
            size += count;
        } else if (size > 0) {
            bytes[at] = (uint8_t)(throw_dice(2) == 0 ? throw_dice(256) : bytes[at] ^ 1u << throw_dice(8));
        }
    }
    run(bytes, size);
}

int main(int count, char **arguments)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const char *wanted = getenv("REPLAY_ROUNDS");
    long rounds = wanted != NULL ? strtol(wanted, NULL, 10) : ROUNDS;
    struct stat status;

    room = mmap(NULL, ROOM + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(room != MAP_FAILED && mprotect(room + ROOM, page, PROT_NONE) == 0);
    puts("1..2");
    run(NULL, 0);
    for (int i = 1; i < count; i++) {
        require(stat(arguments[i], &status) == 0);
        (S_ISDIR(status.st_mode) ? read_folder : read_input)(arguments[i]);
    }
    printf("ok 1 - %zu inputs\n", ninputs);
    fflush(stdout);
    for (long i = 0; i < rounds; i++)
        run_at_random();
    printf("ok 2 - %ld inputs made at random\n", rounds);
    fflush(stdout);
    return 0;
}
