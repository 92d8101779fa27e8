/* confine.c: classic BPF, as seccomp(2) has it, run over the agent's own system calls. */
#include "confine.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "atomics.h"
#include "next.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#define THREAD_FLAGS                                                                                   \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD | CLONE_SETTLS | \
     CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

static uint32_t forbidden; /* enum confine */

/* ---- the agent's calls ---- */

#define ANY_FAILURE true /* also one that is only refused: it would be tried again and again */

struct call {
    uint32_t what; /* enum confine: who makes it */
    bool fatal;    /* whether it has to succeed */
    int number;
    uint64_t argument[6];
};

static const struct call calls[] = {
    {CONFINE_PUBLISHER,
     false,
     SYS_openat,
     {(uint64_t)AT_FDCWD, 0, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_read, {3, 0, 4096, 0, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_close, {3, 0, 0, 0, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_newfstatat, {3, 0, 0, AT_EMPTY_PATH, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_fstat, {3, 0, 0, 0, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_newfstatat, {(uint64_t)AT_FDCWD, 0, 0, 0, 0, 0}},
#ifdef SYS_readlink
    {CONFINE_PUBLISHER, false, SYS_readlink, {0, 0, 512, 0, 0, 0}},
#else
    {CONFINE_PUBLISHER, false, SYS_readlinkat, {(uint64_t)AT_FDCWD, 0, 0, 512, 0, 0}},
#endif
    {CONFINE_PUBLISHER,
     false,
     SYS_mmap,
     {0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, (uint64_t)-1, 0}},
    {CONFINE_PUBLISHER | CONFINE_BEGIN, false, SYS_mprotect, {0, 4096, PROT_READ | PROT_WRITE, 0, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_pread64, {3, 0, 4096, 0, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_munmap, {0, 4096, 0, 0, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_openat, {(uint64_t)AT_FDCWD, 0, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_openat, {(uint64_t)AT_FDCWD, 0, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_mmap, {0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0}},
    {CONFINE_PUBLISHER,
     false,
     SYS_mmap,
     {0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0}},
    {CONFINE_PUBLISHER, false, SYS_madvise, {0, 4096, MADV_DONTFORK, 0, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_madvise, {0, 4096, MADV_REMOVE, 0, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_fallocate, {3, 0, 0, 4096, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_fchmod, {3, 0600, 0, 0, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_linkat, {(uint64_t)AT_FDCWD, 0, (uint64_t)AT_FDCWD, 0, AT_SYMLINK_FOLLOW, 0}},
#ifdef SYS_unlink
    {CONFINE_PUBLISHER, false, SYS_unlink, {0, 0, 0, 0, 0, 0}},
#endif
    {CONFINE_PUBLISHER, false, SYS_unlinkat, {3, 0, 0, 0, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_getdents64, {3, 0, 4096, 0, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_statfs, {0, 0, 0, 0, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_prlimit64, {0, 1, 0, 0, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_geteuid, {0, 0, 0, 0, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_clock_gettime, {3, 0, 0, 0, 0, 0}},
    {CONFINE_PUBLISHER, false, SYS_sched_yield, {0, 0, 0, 0, 0, 0}},
    {CONFINE_BEGIN, false, SYS_clone, {THREAD_FLAGS, 0, 0, 0, 0, 0}},
    {CONFINE_BEGIN, false, SYS_clone3, {0, 88, 0, 0, 0, 0}},
    {CONFINE_PUBLISHER | CONFINE_BEGIN | CONFINE_ASK, false, SYS_rt_sigprocmask, {SIG_BLOCK, 0, 0, 8, 0, 0}},
    {CONFINE_MASK, false, SYS_rt_sigprocmask, {SIG_BLOCK, 0, 0, 8, 0, 0}},
    {CONFINE_BEGIN, false, SYS_set_robust_list, {0, 24, 0, 0, 0, 0}},
    {CONFINE_BEGIN, false, SYS_rseq, {0, 32, 0, 0, 0, 0}},
    {CONFINE_BEGIN, false, SYS_close_range, {0, UINT32_MAX, 1 << 1, 0, 0, 0}}, /* CLOSE_RANGE_UNSHARE */
    {CONFINE_PUBLISHER, false, SYS_exit, {0, 0, 0, 0, 0, 0}},
    {CONFINE_PUBLISHER | CONFINE_THREADS, false, SYS_prctl, {PR_GET_NAME, 0, 0, 0, 0, 0}},
    {CONFINE_PUBLISHER | CONFINE_END | CONFINE_ASK,
     ANY_FAILURE,
     SYS_futex,
     {0, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, 0, 0, UINT32_MAX}},
    {CONFINE_PUBLISHER | CONFINE_END | CONFINE_THREADS | CONFINE_ASK,
     ANY_FAILURE,
     SYS_futex,
     {0, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT32_MAX, 0, 0, 0}},
    {CONFINE_PUBLISHER | CONFINE_END | CONFINE_THREADS, ANY_FAILURE, SYS_gettid, {0, 0, 0, 0, 0, 0}},
    {CONFINE_PUBLISHER | CONFINE_END | CONFINE_THREADS | CONFINE_ASK, ANY_FAILURE, SYS_getpid, {0, 0, 0, 0, 0, 0}},
    {CONFINE_REGIONS,
     ANY_FAILURE,
     SYS_mmap,
     {1, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, (uint64_t)-1,
      0}},
    {CONFINE_CLEAR, false, SYS_madvise, {0, 4096, MADV_DONTNEED, 0, 0, 0}},
    {CONFINE_LABELS, false, SYS_madvise, {0, 4096, MADV_NOHUGEPAGE, 0, 0, 0}},
    {CONFINE_LABELS, false, SYS_prctl, {0x53564d41, 0, 0, 4096, 0, 0}}, /* PR_SET_VMA */
    {CONFINE_SAY | CONFINE_BORROW, false, SYS_newfstatat, {2, 0, 0, AT_EMPTY_PATH, 0, 0}},
    {CONFINE_SAY | CONFINE_BORROW, false, SYS_fstat, {2, 0, 0, 0, 0, 0}},
    {CONFINE_SAY | CONFINE_BORROW, false, SYS_fcntl, {2, F_GETFL, 0, 0, 0, 0}},
    {CONFINE_SAY | CONFINE_BORROW, false, SYS_getppid, {0, 0, 0, 0, 0, 0}},
    {CONFINE_SAY | CONFINE_BORROW, false, SYS_ppoll, {0, 1, 0, 0, 0, 0}},
    {CONFINE_SAY | CONFINE_BORROW, false, SYS_write, {2, 0, 80, 0, 0, 0}},
    {CONFINE_SAY | CONFINE_BORROW, false, SYS_rt_sigpending, {0, 8, 0, 0, 0, 0}},
    {CONFINE_SAY | CONFINE_BORROW, false, SYS_rt_sigprocmask, {SIG_BLOCK, 0, 0, 8, 0, 0}},
    {CONFINE_SAY | CONFINE_BORROW, false, SYS_rt_sigtimedwait, {0, 0, 0, 8, 0, 0}},
    {CONFINE_BORROW, false, SYS_pidfd_open, {1, 0, 0, 0, 0, 0}},
    {CONFINE_BORROW, false, SYS_pidfd_getfd, {3, 2, 0, 0, 0, 0}},
    {CONFINE_OWNER, false, SYS_setfsuid, {0, 0, 0, 0, 0, 0}},
    {CONFINE_TURNS, false, SYS_sched_getscheduler, {0, 0, 0, 0, 0, 0}},
    {CONFINE_TURNS, false, SYS_sched_setscheduler, {0, SCHED_OTHER, 0, 0, 0, 0}},
    {CONFINE_GONE, false, SYS_tgkill, {1, 1, 0, 0, 0, 0}},
    {CONFINE_GONE, false, SYS_sched_yield, {0, 0, 0, 0, 0, 0}},
};

/* ---- the machine ---- */

struct machine {
    const struct seccomp_data *data;
    uint32_t a;
    uint32_t x;
    uint32_t memory[BPF_MEMWORDS];
    bool failed; /* at something that no filter of the kernel's has, or divided by zero */
};

static uint32_t load(struct machine *machine, const struct sock_filter *at)
{
    uint32_t value = 0;
    switch (BPF_MODE(at->code)) {
    case BPF_IMM:
        return at->k;
    case BPF_LEN:
        return sizeof *machine->data;
    case BPF_ABS:
        if (at->k % 4 == 0 && at->k < sizeof *machine->data)
            memcpy(&value, (const char *)machine->data + at->k, sizeof value);
        else
            machine->failed = true;
        return value;
    case BPF_MEM:
        if (at->k < BPF_MEMWORDS)
            return machine->memory[at->k];
    }
    machine->failed = true;
    return 0;
}

static void store(struct machine *machine, const struct sock_filter *at, uint32_t value)
{
    if (at->k < BPF_MEMWORDS)
        machine->memory[at->k] = value;
    else
        machine->failed = true;
}

static uint32_t operand(const struct machine *machine, const struct sock_filter *at)
{
    return BPF_SRC(at->code) == BPF_X ? machine->x : at->k;
}

static void calculate(struct machine *machine, const struct sock_filter *at)
{
    uint32_t by = operand(machine, at);
    switch (BPF_OP(at->code)) {
    case BPF_ADD:
        machine->a += by;
        return;
    case BPF_SUB:
        machine->a -= by;
        return;
    case BPF_MUL:
        machine->a *= by;
        return;
    case BPF_DIV:
        machine->failed = by == 0;
        machine->a = by != 0 ? machine->a / by : 0;
        return;
    case BPF_OR:
        machine->a |= by;
        return;
    case BPF_AND:
        machine->a &= by;
        return;
    case BPF_XOR:
        machine->a ^= by;
        return;
    case BPF_LSH:
        machine->a <<= by % 32; /* as processors do it, and so the kernel's interpreter */
        return;
    case BPF_RSH:
        machine->a >>= by % 32;
        return;
    case BPF_NEG:
        machine->a = 0 - machine->a;
        return;
    }
    machine->failed = true;
}

static uint32_t jump(struct machine *machine, const struct sock_filter *at)
{
    uint32_t with = operand(machine, at);
    bool taken = false;
    switch (BPF_OP(at->code)) {
    case BPF_JA:
        return at->k;
    case BPF_JEQ:
        taken = machine->a == with;
        break;
    case BPF_JGT:
        taken = machine->a > with;
        break;
    case BPF_JGE:
        taken = machine->a >= with;
        break;
    case BPF_JSET:
        taken = (machine->a & with) != 0;
        break;
    default:
        machine->failed = true;
    }
    return taken ? at->jt : at->jf;
}

/* The filter's answer; if it has none, the kernel's to a division by zero. Jumps only lead forward, so it comes to an end. */
static uint32_t ask(const struct sock_fprog *filter, const struct seccomp_data *data)
{
    struct machine machine = {.data = data};
    for (uint32_t i = 0; i < filter->len && !machine.failed; i++) {
        const struct sock_filter *at = &filter->filter[i];
        switch (BPF_CLASS(at->code)) {
        case BPF_LD:
            machine.a = load(&machine, at);
            break;
        case BPF_LDX:
            machine.x = load(&machine, at);
            break;
        case BPF_ST:
            store(&machine, at, machine.a);
            break;
        case BPF_STX:
            store(&machine, at, machine.x);
            break;
        case BPF_ALU:
            calculate(&machine, at);
            break;
        case BPF_JMP: {
            uint32_t steps = jump(&machine, at);
            if (steps >= filter->len - i)
                return SECCOMP_RET_KILL_THREAD;
            i += steps;
            break;
        }
        case BPF_RET:
            return BPF_RVAL(at->code) == BPF_A ? machine.a : at->k;
        case BPF_MISC:
            *(BPF_MISCOP(at->code) == BPF_TXA ? &machine.a : &machine.x) =
                BPF_MISCOP(at->code) == BPF_TXA ? machine.x : machine.a;
            break;
        }
    }
    return SECCOMP_RET_KILL_THREAD;
}

/* ---- verdicts ---- */

static bool allows(const struct sock_fprog *filter, const struct call *call)
{
    struct seccomp_data data = {.nr = call->number, .arch = ARCHITECTURE};
    memcpy(data.args, call->argument, sizeof data.args);
    uint32_t answer = ask(filter, &data) & SECCOMP_RET_ACTION_FULL;
    return answer == SECCOMP_RET_ALLOW || answer == SECCOMP_RET_LOG || (answer == SECCOMP_RET_ERRNO && !call->fatal);
}

uint32_t confine_forbidden(const struct sock_fprog *filter)
{
    uint32_t what = 0;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if ((what | calls[i].what) != what && !allows(filter, &calls[i]))
            what |= calls[i].what;
    return what;
}

void confine_forbid(uint32_t what)
{
    __atomic_fetch_or(&forbidden, what, __ATOMIC_ACQ_REL);
}

bool confine_forbids(enum confine what)
{
    return (load_acquire32(&forbidden) & (uint32_t)what) != 0;
}

void confine_start(void)
{
    if (next.prctl(PR_GET_SECCOMP, 0UL, 0UL, 0UL, 0UL) != 0)
        confine_forbid(CONFINE_BORROW);
}
