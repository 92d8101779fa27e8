/* test_confine.c: filters run over the agent's own calls, sound or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "confine.h"

#define STATEMENT(code, k)    ((struct sock_filter)BPF_STMT(code, k))
#define JUMP(code, k, jt, jf) ((struct sock_filter)BPF_JUMP(code, k, jt, jf))
#define NUMBER                STATEMENT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define ANSWER(answer)        STATEMENT(BPF_RET | BPF_K, answer)
#define EVERYTHING                                                                                                \
    (CONFINE_PUBLISHER | CONFINE_END | CONFINE_THREADS | CONFINE_ASK | CONFINE_REGIONS | CONFINE_LABELS |         \
     CONFINE_SAY | CONFINE_BORROW | CONFINE_BEGIN | CONFINE_OWNER | CONFINE_TURNS | CONFINE_MASK | CONFINE_GONE | \
     CONFINE_CLEAR)

static uint32_t forbidden(const struct sock_filter *code, size_t count)
{
    const struct sock_fprog filter = {.len = (unsigned short)count, .filter = (struct sock_filter *)(uintptr_t)code};
    return confine_forbidden(&filter);
}
#define FORBIDDEN(...)                                   \
    forbidden((const struct sock_filter[]){__VA_ARGS__}, \
              sizeof((const struct sock_filter[]){__VA_ARGS__}) / sizeof(struct sock_filter))

static void test_answers(void **state)
{
    (void)state;
    assert_int_equal(FORBIDDEN(ANSWER(SECCOMP_RET_ALLOW)), 0);
    assert_int_equal(FORBIDDEN(ANSWER(SECCOMP_RET_LOG)), 0);
    assert_int_equal(FORBIDDEN(ANSWER(SECCOMP_RET_KILL_PROCESS)), EVERYTHING);
    assert_int_equal(FORBIDDEN(ANSWER(SECCOMP_RET_KILL_THREAD)), EVERYTHING);
    assert_int_equal(FORBIDDEN(ANSWER(SECCOMP_RET_TRAP)), EVERYTHING);
    assert_int_equal(FORBIDDEN(ANSWER(SECCOMP_RET_TRACE)), EVERYTHING);
    assert_int_equal(FORBIDDEN(ANSWER(SECCOMP_RET_USER_NOTIF)), EVERYTHING);
    /* What is only refused does no harm, unless it would be tried for ever. */
    assert_int_equal(FORBIDDEN(ANSWER(SECCOMP_RET_ERRNO | 1)),
                     CONFINE_PUBLISHER | CONFINE_END | CONFINE_THREADS | CONFINE_ASK | CONFINE_REGIONS);
}

static uint32_t without_call(uint32_t number)
{
    return FORBIDDEN(NUMBER, JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), ANSWER(SECCOMP_RET_KILL_PROCESS),
                     ANSWER(SECCOMP_RET_ALLOW));
}

static void test_calls(void **state)
{
    (void)state;
    assert_int_equal(FORBIDDEN(NUMBER, JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
                               ANSWER(SECCOMP_RET_KILL_PROCESS), ANSWER(SECCOMP_RET_ALLOW)),
                     CONFINE_PUBLISHER);
    assert_int_equal(FORBIDDEN(NUMBER, JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_getfd, 0, 1), ANSWER(SECCOMP_RET_TRAP),
                               ANSWER(SECCOMP_RET_ALLOW)),
                     CONFINE_BORROW);
    assert_int_equal(FORBIDDEN(NUMBER, JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
                               ANSWER(SECCOMP_RET_KILL_THREAD), ANSWER(SECCOMP_RET_ALLOW)),
                     CONFINE_BEGIN);
    assert_int_equal(without_call(SYS_close_range), CONFINE_BEGIN);
    assert_int_equal(without_call(SYS_tgkill), CONFINE_GONE);
    assert_int_equal(FORBIDDEN(NUMBER, JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 0, 1),
                               ANSWER(SECCOMP_RET_KILL_PROCESS), ANSWER(SECCOMP_RET_ALLOW)),
                     0);
}

/* Kills only the mmap whose flags & mask are `flags`. */
static uint32_t without_mmap(uint32_t mask, uint32_t flags)
{
    return FORBIDDEN(NUMBER, JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 4),
                     STATEMENT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[3])),
                     STATEMENT(BPF_ALU | BPF_AND | BPF_K, mask), JUMP(BPF_JMP | BPF_JEQ | BPF_K, flags, 0, 1),
                     ANSWER(SECCOMP_RET_KILL_PROCESS), ANSWER(SECCOMP_RET_ALLOW));
}

/* The publisher that reads symbols: opens the file, makes room and reads. It maps no file. */
static void test_files(void **state)
{
    (void)state;
    assert_int_equal(without_call(SYS_pread64), CONFINE_PUBLISHER);
    assert_int_equal(without_call(SYS_mprotect), CONFINE_PUBLISHER | CONFINE_BEGIN);
    assert_int_equal(without_call(SYS_read), CONFINE_PUBLISHER);
    assert_int_equal(without_call(SYS_close), CONFINE_PUBLISHER);
    assert_int_equal(without_call(SYS_munmap), CONFINE_PUBLISHER);
    assert_int_equal(without_mmap(MAP_ANONYMOUS, MAP_ANONYMOUS), CONFINE_PUBLISHER | CONFINE_REGIONS);
    assert_int_equal(without_mmap(UINT32_MAX, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE), CONFINE_PUBLISHER);
    assert_int_equal(without_mmap(MAP_PRIVATE | MAP_ANONYMOUS, MAP_PRIVATE), 0);
}

/* A thread of the program's, which has it read them: waits, and is not to be interrupted. */
static void test_asking(void **state)
{
    (void)state;
    assert_int_equal(without_call(SYS_rt_sigprocmask),
                     CONFINE_PUBLISHER | CONFINE_BEGIN | CONFINE_SAY | CONFINE_BORROW | CONFINE_ASK | CONFINE_MASK);
    assert_int_equal(without_call(SYS_futex), CONFINE_PUBLISHER | CONFINE_END | CONFINE_THREADS | CONFINE_ASK);
    assert_int_equal(without_call(SYS_getpid), CONFINE_PUBLISHER | CONFINE_END | CONFINE_THREADS | CONFINE_ASK);
}

/* Kills only the madvise that is told `advice`. */
static uint32_t without_advice(uint32_t advice)
{
    return FORBIDDEN(NUMBER, JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
                     STATEMENT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
                     JUMP(BPF_JMP | BPF_JEQ | BPF_K, advice, 0, 1), ANSWER(SECCOMP_RET_KILL_PROCESS),
                     ANSWER(SECCOMP_RET_ALLOW));
}

/* The end of a process that has changed its user: what is in the way of its segment's name takes nothing else away. */
static void test_another_user(void **state)
{
    (void)state;
    assert_int_equal(without_call(SYS_setfsuid), CONFINE_OWNER);
    assert_int_equal(without_advice(MADV_REMOVE), CONFINE_PUBLISHER);
    assert_int_equal(without_advice(MADV_DONTFORK), CONFINE_PUBLISHER);
    assert_int_equal(without_advice(MADV_WILLNEED), 0);
}

/* Each way to reach the same answer: kills openat. */
static void test_machine(void **state)
{
    const uint32_t wanted = CONFINE_PUBLISHER;
    (void)state;
    /* nr - openat == 0, by a scratch word and both registers */
    assert_int_equal(FORBIDDEN(STATEMENT(BPF_LD | BPF_IMM, SYS_openat), STATEMENT(BPF_ST, 3),
                               STATEMENT(BPF_LDX | BPF_MEM, 3), NUMBER, STATEMENT(BPF_ALU | BPF_SUB | BPF_X, 0),
                               JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), ANSWER(SECCOMP_RET_KILL_PROCESS),
                               ANSWER(SECCOMP_RET_ALLOW)),
                     wanted);
    /* (nr ^ openat) * 4 / 2 << 1 >> 1, negated twice */
    assert_int_equal(FORBIDDEN(NUMBER, STATEMENT(BPF_ALU | BPF_XOR | BPF_K, SYS_openat),
                               STATEMENT(BPF_ALU | BPF_MUL | BPF_K, 4), STATEMENT(BPF_ALU | BPF_DIV | BPF_K, 2),
                               STATEMENT(BPF_ALU | BPF_LSH | BPF_K, 1), STATEMENT(BPF_ALU | BPF_RSH | BPF_K, 1),
                               STATEMENT(BPF_ALU | BPF_NEG, 0), STATEMENT(BPF_ALU | BPF_NEG, 0),
                               JUMP(BPF_JMP | BPF_JGT | BPF_K, 0, 1, 0), ANSWER(SECCOMP_RET_KILL_PROCESS),
                               ANSWER(SECCOMP_RET_ALLOW)),
                     wanted);
    /* by a long jump, a range and the answer in the register */
    assert_int_equal(FORBIDDEN(NUMBER, JUMP(BPF_JMP | BPF_JA, 1, 0, 0), ANSWER(SECCOMP_RET_KILL_PROCESS),
                               JUMP(BPF_JMP | BPF_JGE | BPF_K, SYS_openat, 0, 3),
                               JUMP(BPF_JMP | BPF_JGE | BPF_K, SYS_openat + 1, 2, 0),
                               STATEMENT(BPF_LD | BPF_IMM, SECCOMP_RET_KILL_PROCESS), STATEMENT(BPF_RET | BPF_A, 0),
                               ANSWER(SECCOMP_RET_ALLOW)),
                     wanted);
    /* by 32 more than nothing, which the kernel takes for nothing: nr << 32 >> 64 */
    assert_int_equal(FORBIDDEN(NUMBER, STATEMENT(BPF_LDX | BPF_IMM, 32), STATEMENT(BPF_ALU | BPF_LSH | BPF_X, 0),
                               STATEMENT(BPF_LDX | BPF_IMM, 64), STATEMENT(BPF_ALU | BPF_RSH | BPF_X, 0),
                               JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1), ANSWER(SECCOMP_RET_KILL_PROCESS),
                               ANSWER(SECCOMP_RET_ALLOW)),
                     wanted);
    /* by an argument: what opens for writing */
    assert_int_equal(FORBIDDEN(NUMBER, JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
                               STATEMENT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
                               JUMP(BPF_JMP | BPF_JSET | BPF_K, 2, 0, 1), ANSWER(SECCOMP_RET_KILL_PROCESS),
                               ANSWER(SECCOMP_RET_ALLOW)),
                     CONFINE_PUBLISHER);
}

/* The kernel's answer is 0 then, which kills the thread: here that of openat, whose number minus itself divides. */
static void test_division_by_zero(void **state)
{
    (void)state;
    assert_int_equal(FORBIDDEN(NUMBER, STATEMENT(BPF_ALU | BPF_SUB | BPF_K, SYS_openat),
                               STATEMENT(BPF_MISC | BPF_TAX, 0), STATEMENT(BPF_ALU | BPF_DIV | BPF_X, 0),
                               ANSWER(SECCOMP_RET_ALLOW)),
                     CONFINE_PUBLISHER);
}

/* What the kernel would never take is read without harm, and believed to forbid. */
static void test_nonsense(void **state)
{
    struct sock_filter code[8];
    (void)state;
    assert_int_equal(forbidden(NULL, 0), EVERYTHING);
    assert_int_equal(FORBIDDEN(NUMBER), EVERYTHING); /* no answer */
    assert_int_equal(FORBIDDEN(JUMP(BPF_JMP | BPF_JA, UINT32_MAX, 0, 0), ANSWER(SECCOMP_RET_ALLOW)), EVERYTHING);
    assert_int_equal(FORBIDDEN(STATEMENT(BPF_LD | BPF_W | BPF_ABS, 64), ANSWER(SECCOMP_RET_ALLOW)), EVERYTHING);
    assert_int_equal(FORBIDDEN(STATEMENT(BPF_LD | BPF_W | BPF_ABS, 2), ANSWER(SECCOMP_RET_ALLOW)), EVERYTHING);
    assert_int_equal(FORBIDDEN(STATEMENT(BPF_ST, BPF_MEMWORDS), ANSWER(SECCOMP_RET_ALLOW)), EVERYTHING);
    srand(4711);
    for (unsigned i = 0; i < 20000; i++) {
        for (unsigned j = 0; j < 8; j++)
            code[j] = (struct sock_filter){.code = (unsigned short)(rand() % 256),
                                           .jt = (unsigned char)(rand() % 10),
                                           .jf = (unsigned char)(rand() % 10),
                                           .k = (unsigned)(rand() % 3 == 0 ? rand() : rand() % 70)};
        forbidden(code, 8);
    }
}

static void test_state(void **state)
{
    (void)state;
    assert_false(confine_forbids(CONFINE_SAY));
    confine_forbid(CONFINE_SAY | CONFINE_LABELS);
    confine_forbid(0);
    assert_true(confine_forbids(CONFINE_SAY));
    assert_true(confine_forbids(CONFINE_LABELS));
    assert_false(confine_forbids(CONFINE_THREADS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),          cmocka_unit_test(test_calls),        cmocka_unit_test(test_files),
        cmocka_unit_test(test_asking),           cmocka_unit_test(test_another_user), cmocka_unit_test(test_machine),
        cmocka_unit_test(test_division_by_zero), cmocka_unit_test(test_nonsense),     cmocka_unit_test(test_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
