/* steps.c: counts instructions exactly, by single-stepping:  steps COMMAND ARGUMENT...
 *
 * The command marks what is to be counted (steps.h). Between two marks the marking thread is stepped, and the threads that
 * it makes meanwhile; each instruction is of the object whose code it lies in. A line for each stretch: its name, and the
 * instructions in the agent, in jemalloc, and in everything else. What the kernel does is not seen, so the figures are the
 * same on every run, whoever else is on the machine.
 *
 * A name that begins with '@' means a thread of that name instead: there a stretch is from one waking to the next sleep
 * (of futex(2)), and after WAKINGS lines the command is killed, which is no failure. There only the agent's instructions are
 * counted; what it calls runs at full speed, and counts as one. Only x86-64. */
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define TASKS_MAX  256
#define MAPS_MAX   1024
#define NAME_BYTES 64
#define WAKINGS    6

enum object { AGENT, JEMALLOC, OTHER, OBJECTS };

static const char *const object_files[] = {"libarenatop.so", "libjemalloc.so"};

struct task {
    pid_t tid;
    bool stepped;
    bool sleeper; /* '@': its wakings are counted one by one */
    bool away;    /* runs freely up to a breakpoint, at `back` */
    uint64_t back;
    unsigned long covered; /* what stands there else */
};

struct range {
    uint64_t from, to;
    enum object object;
};

static struct {
    pid_t pid;
    struct task task[TASKS_MAX];
    unsigned tasks;
    struct range range[MAPS_MAX];
    unsigned ranges;
    char name[NAME_BYTES]; /* of the stretch; "" outside of one */
    pid_t marker;          /* the thread that began it */
    uint64_t count[OBJECTS];
    unsigned wakings;
} steps;

static void die(const char *what)
{
    fprintf(stderr, "steps: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* ---- whose instruction ---- */

static enum object object_of_path(const char *path)
{
    for (unsigned i = 0; path != NULL && i < sizeof object_files / sizeof object_files[0]; i++)
        if (strstr(path, object_files[i]) != NULL)
            return (enum object)i;
    return OTHER;
}

static void read_maps(void)
{
    char path[64], line[1024], rights[8];
    snprintf(path, sizeof path, "/proc/%d/maps", (int)steps.pid);
    FILE *file = fopen(path, "re");
    steps.ranges = 0;
    while (file != NULL && steps.ranges < MAPS_MAX && fgets(line, sizeof line, file) != NULL) {
        struct range *range = &steps.range[steps.ranges];
        if (sscanf(line, "%lx-%lx %7s", &range->from, &range->to, rights) != 3 || rights[2] != 'x')
            continue;
        range->object = object_of_path(strchr(line, '/'));
        steps.ranges++;
    }
    if (file != NULL)
        fclose(file);
}

static const struct range *find_range(uint64_t address)
{
    for (unsigned i = 0; i < steps.ranges; i++)
        if (address >= steps.range[i].from && address < steps.range[i].to)
            return &steps.range[i];
    return NULL;
}

static enum object object_at(uint64_t address)
{
    static const struct range *last;
    if (steps.ranges == 0 || last == NULL || address < last->from || address >= last->to) {
        last = find_range(address);
        if (last == NULL) {
            read_maps();
            last = find_range(address);
        }
    }
    return last != NULL ? last->object : OTHER;
}

/* ---- threads ---- */

static struct task *task_of(pid_t tid)
{
    for (unsigned i = 0; i < steps.tasks; i++)
        if (steps.task[i].tid == tid)
            return &steps.task[i];
    if (steps.tasks == TASKS_MAX) {
        errno = ENOMEM;
        die("threads");
    }
    steps.task[steps.tasks] = (struct task){.tid = tid};
    return &steps.task[steps.tasks++];
}

static void forget(pid_t tid)
{
    *task_of(tid) = steps.task[steps.tasks - 1];
    steps.tasks--;
}

static void resume(const struct task *task, int signal_number)
{
    if (ptrace(task->stepped && !task->away ? PTRACE_SINGLESTEP : PTRACE_CONT, task->tid, NULL, (long)signal_number) !=
            0 &&
        errno != ESRCH)
        die("resume");
}

static bool has_name(pid_t tid, const char *name)
{
    char path[64], comm[NAME_BYTES] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%d/comm", (int)steps.pid, (int)tid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    if (fgets(comm, sizeof comm, file) == NULL)
        comm[0] = '\0';
    fclose(file);
    comm[strcspn(comm, "\n")] = '\0';
    return strcmp(comm, name) == 0;
}

static void step_by_name(const char *name, bool on)
{
    for (unsigned i = 0; i < steps.tasks; i++) {
        if (!has_name(steps.task[i].tid, name))
            continue;
        steps.task[i].stepped = steps.task[i].sleeper = on;
        if (on)
            ptrace(PTRACE_INTERRUPT, steps.task[i].tid, NULL, NULL);
    }
}

/* ---- stretches ---- */

static void print_counts(void)
{
    printf("%s %lu %lu %lu\n", steps.name, steps.count[AGENT], steps.count[JEMALLOC], steps.count[OTHER]);
    memset(steps.count, 0, sizeof steps.count);
}

static void read_name(pid_t tid, uint64_t address, char name[NAME_BYTES])
{
    memset(name, 0, NAME_BYTES);
    for (size_t i = 0; address != 0 && i + sizeof(long) < NAME_BYTES && strlen(name) == i; i += sizeof(long)) {
        errno = 0;
        long word = ptrace(PTRACE_PEEKDATA, tid, address + i, NULL);
        if (errno != 0)
            die("name of a mark");
        memcpy(name + i, &word, sizeof word);
    }
}

static void begin_stretch(struct task *task, const char *name)
{
    snprintf(steps.name, sizeof steps.name, "%s", name);
    memset(steps.count, 0, sizeof steps.count);
    steps.marker = task->tid;
    read_maps();
    if (name[0] == '@')
        step_by_name(name + 1, true);
    else
        task->stepped = true;
}

static void end_stretch(struct task *task)
{
    if (steps.name[0] == '@')
        step_by_name(steps.name + 1, false);
    else
        print_counts();
    task->stepped = false;
    steps.name[0] = '\0';
}

static void on_mark(struct task *task)
{
    char name[NAME_BYTES];
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, task->tid, NULL, &registers) != 0)
        die("registers");
    read_name(task->tid, registers.rdi, name);
    if (steps.name[0] != '\0')
        end_stretch(task);
    if (name[0] != '\0')
        begin_stretch(task, name);
}

static uint64_t peek_register(pid_t tid, size_t offset)
{
    errno = 0;
    return (uint64_t)ptrace(PTRACE_PEEKUSER, tid, offset, NULL);
}

/* By an instruction: the processor's own breakpoints are not to be had in every virtual machine. No other thread may come by
 * there: in the agent's code is none but its own while that is counted. */
static void set_breakpoint(struct task *task, uint64_t address)
{
    errno = 0;
    task->covered = (unsigned long)ptrace(PTRACE_PEEKDATA, task->tid, address, NULL);
    if (errno != 0 || ptrace(PTRACE_POKEDATA, task->tid, address, (task->covered & ~0xfful) | 0xcc) != 0)
        die("breakpoint");
    task->back = address;
    task->away = true;
}

static bool is_back(const struct task *task)
{
    return task->away && peek_register(task->tid, offsetof(struct user, regs.rip)) == task->back + 1;
}

/* As if it had come there by a step. */
static void take_breakpoint(struct task *task)
{
    if (ptrace(PTRACE_POKEDATA, task->tid, task->back, task->covered) != 0 ||
        ptrace(PTRACE_POKEUSER, task->tid, offsetof(struct user, regs.rip), task->back) != 0)
        die("breakpoint");
    task->away = false;
}

/* Whether the call is syscall(SYS_futex, word, FUTEX_WAIT...). */
static bool goes_to_sleep(const struct user_regs_struct *registers)
{
    return registers->rdi == SYS_futex && ((int)registers->rdx & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
}

static void on_sleep(void)
{
    if (steps.wakings++ > 0) /* it was not met at the beginning of the first */
        print_counts();
    memset(steps.count, 0, sizeof steps.count);
    if (steps.wakings > WAKINGS) {
        fprintf(stderr, "%d was killed\n", (int)steps.pid); /* with us; its record stays */
        exit(0);
    }
}

/* A call out of the agent has just been made: lets it run up to its return. */
static void on_call(struct task *task)
{
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, task->tid, NULL, &registers) != 0)
        die("registers");
    if (goes_to_sleep(&registers))
        on_sleep();
    errno = 0;
    uint64_t back = (uint64_t)ptrace(PTRACE_PEEKDATA, task->tid, registers.rsp, NULL);
    if (errno != 0 || object_at(back) != AGENT)
        return;
    set_breakpoint(task, back);
}

/* The thread stands before the instruction that it executes next. */
static void on_step(struct task *task)
{
    uint64_t address = peek_register(task->tid, offsetof(struct user_regs_struct, rip));
    if (errno != 0 || !task->stepped)
        return;
    steps.count[object_at(address)]++;
    if (task->sleeper && object_at(address) != AGENT)
        on_call(task);
}

/* ---- what the kernel reports ---- */

static bool is_mark(pid_t tid)
{
    siginfo_t info;
    return ptrace(PTRACE_GETSIGINFO, tid, NULL, &info) == 0 && info.si_code == SI_KERNEL;
}

static void on_stop(struct task *task, int status)
{
    int signal_number = WSTOPSIG(status), event = status >> 16;
    if (event == PTRACE_EVENT_CLONE) {
        unsigned long made = 0;
        bool stepped = task->stepped && !task->sleeper;
        ptrace(PTRACE_GETEVENTMSG, task->tid, NULL, &made);
        pid_t tid = task->tid;
        task_of((pid_t)made)->stepped = stepped; /* it waits for this, or comes to its first stop later */
        resume(task_of(tid), 0);
        return;
    }
    if (event != 0 || signal_number != SIGTRAP) {
        resume(task, event != 0 ? 0 : signal_number);
        return;
    }
    bool back = is_back(task);
    if (back)
        take_breakpoint(task);
    if (!back && is_mark(task->tid))
        on_mark(task);
    else
        on_step(task);
    resume(task, 0);
}

static int follow(void)
{
    for (;;) {
        int status;
        pid_t tid = waitpid(-1, &status, __WALL);
        if (tid < 0)
            die("wait");
        if (WIFSTOPPED(status)) {
            on_stop(task_of(tid), status);
            continue;
        }
        forget(tid);
        if (tid == steps.pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
}

int main(int argc, char **argv)
{
    int status;
    if (argc < 2) {
        fprintf(stderr, "usage: steps COMMAND ARGUMENT...\n");
        return 2;
    }
    steps.pid = fork();
    if (steps.pid < 0)
        die("fork");
    if (steps.pid == 0) {
        raise(SIGSTOP);
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (waitpid(steps.pid, &status, WUNTRACED) < 0 ||
        ptrace(PTRACE_SEIZE, steps.pid, NULL, PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL) != 0)
        die("trace");
    task_of(steps.pid);
    kill(steps.pid, SIGCONT);
    return follow();
}
