/* fuzz_confine.c: filters of any kind: each comes to an answer, and to the kernel's own. Its interpreter runs the same program
 * over a datagram that holds the same words: what passes of that is the answer, up to the datagram's length.
 *
 * The input is instructions of 8 bytes, each with its code from a table, for most other codes are refused by both. */
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"

/* The interpreter is nobody else's. */
#include "confine.c" // NOLINT(bugprone-suspicious-include)

enum { CODE_BYTES = 8, CODES_MAX = 64, WORDS = sizeof(struct seccomp_data) / 4 };

static const uint16_t known[] = {BPF_LD | BPF_W | BPF_ABS,
                                 BPF_LD | BPF_IMM,
                                 BPF_LD | BPF_W | BPF_LEN,
                                 BPF_LD | BPF_MEM,
                                 BPF_LDX | BPF_IMM,
                                 BPF_LDX | BPF_W | BPF_LEN,
                                 BPF_LDX | BPF_MEM,
                                 BPF_ST,
                                 BPF_STX,
                                 BPF_ALU | BPF_ADD | BPF_K,
                                 BPF_ALU | BPF_ADD | BPF_X,
                                 BPF_ALU | BPF_SUB | BPF_K,
                                 BPF_ALU | BPF_SUB | BPF_X,
                                 BPF_ALU | BPF_MUL | BPF_K,
                                 BPF_ALU | BPF_MUL | BPF_X,
                                 BPF_ALU | BPF_DIV | BPF_K,
                                 BPF_ALU | BPF_DIV | BPF_X,
                                 BPF_ALU | BPF_OR | BPF_K,
                                 BPF_ALU | BPF_OR | BPF_X,
                                 BPF_ALU | BPF_AND | BPF_K,
                                 BPF_ALU | BPF_AND | BPF_X,
                                 BPF_ALU | BPF_XOR | BPF_K,
                                 BPF_ALU | BPF_XOR | BPF_X,
                                 BPF_ALU | BPF_LSH | BPF_K,
                                 BPF_ALU | BPF_LSH | BPF_X,
                                 BPF_ALU | BPF_RSH | BPF_K,
                                 BPF_ALU | BPF_RSH | BPF_X,
                                 BPF_ALU | BPF_NEG,
                                 BPF_JMP | BPF_JA,
                                 BPF_JMP | BPF_JEQ | BPF_K,
                                 BPF_JMP | BPF_JEQ | BPF_X,
                                 BPF_JMP | BPF_JGT | BPF_K,
                                 BPF_JMP | BPF_JGT | BPF_X,
                                 BPF_JMP | BPF_JGE | BPF_K,
                                 BPF_JMP | BPF_JGE | BPF_X,
                                 BPF_JMP | BPF_JSET | BPF_K,
                                 BPF_JMP | BPF_JSET | BPF_X,
                                 BPF_RET | BPF_K,
                                 BPF_RET | BPF_A,
                                 BPF_MISC | BPF_TAX,
                                 BPF_MISC | BPF_TXA,
                                 BPF_ALU | BPF_MOD | BPF_K,
                                 BPF_LD | BPF_W | BPF_IND,
                                 0xffff};

static const struct seccomp_data asked = {.nr = 257,
                                          .arch = 0xc000003e,
                                          .instruction_pointer = 0x7f0012345678,
                                          .args = {UINT64_MAX, 0x80000000, 3, 0, 63, 0x0123456789abcdef}};

static unsigned short make_program(struct sock_filter program[CODES_MAX], const uint8_t *data, size_t size)
{
    unsigned short count = 0;

    for (; size >= CODE_BYTES && count < CODES_MAX; data += CODE_BYTES, size -= CODE_BYTES, count++) {
        program[count] = (struct sock_filter){
            .code = known[data[0] % (sizeof(known) / sizeof(known[0]))], .jt = data[1] % 16u, .jf = data[2] % 16u};
        memcpy(&program[count].k, data + 4, 4);
        if (data[3] % 2 == 0)
            program[count].k %= 64; /* places, words and shifts are small */
    }
    return count;
}

/* A datagram's words are big-endian to a filter. */
static void send_words(int to)
{
    uint32_t words[WORDS];

    memcpy(words, &asked, sizeof(words));
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = __builtin_bswap32(words[i]);
    (void)send(to, words, sizeof(words), MSG_DONTWAIT);
}

/* How much of the datagram the kernel lets pass; -1: it refuses such a filter. */
static ssize_t kernels(const struct sock_fprog *filter)
{
    static int ends[2] = {-1, -1};
    char got[sizeof(struct seccomp_data)];

    if (ends[0] < 0)
        require(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0);
    if (setsockopt(ends[1], SOL_SOCKET, SO_ATTACH_FILTER, filter, sizeof(*filter)) != 0)
        return -1;
    send_words(ends[0]);
    ssize_t passed = recv(ends[1], got, sizeof(got), MSG_DONTWAIT);
    return passed < 0 ? 0 : passed;
}

/* What seccomp takes of what a socket takes (seccomp_check_filter in the kernel's sources). */
static bool is_seccomps(const struct sock_fprog *filter)
{
    for (unsigned i = 0; i < filter->len; i++) {
        const struct sock_filter *at = &filter->filter[i];
        if (at->code == (BPF_LD | BPF_W | BPF_ABS) && (at->k % 4 != 0 || at->k >= sizeof(struct seccomp_data)))
            return false;
        if (at->code == (BPF_ALU | BPF_MOD | BPF_K) || at->code == (BPF_LD | BPF_W | BPF_IND))
            return false;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sock_filter program[CODES_MAX];
    const struct sock_fprog filter = {.len = make_program(program, data, size), .filter = program};

    require((confine_forbidden(&filter) & ~(uint32_t)(2 * CONFINE_LAST - 1)) == 0);
    uint32_t answer = ask(&filter, &asked);
    ssize_t passed = filter.len > 0 && is_seccomps(&filter) ? kernels(&filter) : -1;
    if (passed >= 0)
        require((size_t)passed == (answer < sizeof(asked) ? answer : sizeof(asked)));
    return 0;
}
