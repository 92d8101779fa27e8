/* self.c: tells processes apart by a page that the kernel empties in every copy of this one's memory, and those that have the
 * same memory by pid and pid namespace. */
#include "self.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "atomics.h"
#include "confine.h"
#include "procfs.h"
#include "thread.h"

struct self *self_page;

static uint32_t last_number; /* given to this process or to one before it */

static struct self *make_page(void)
{
    int saved = errno;
    void *page = mmap(NULL, sizeof(struct self), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page != MAP_FAILED && madvise(page, sizeof(struct self), MADV_WIPEONFORK) != 0) {
        munmap(page, sizeof(struct self));
        page = MAP_FAILED;
    }
    errno = saved;
    return page != MAP_FAILED ? page : NULL;
}

/* NULL where there is none to be had. */
static struct self *find_page(void)
{
    static uint32_t refused;
    struct self *known = __atomic_load_n(&self_page, __ATOMIC_ACQUIRE);
    if (known != NULL || load_relaxed32(&refused) != 0)
        return known;
    struct self *fresh = make_page();
    if (fresh == NULL)
        store_relaxed32(&refused, 1);
    else if (__atomic_compare_exchange_n(&self_page, &known, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return fresh;
    else
        munmap(fresh, sizeof *fresh);
    return known;
}

/* The pid goes first: whoever sees the number sees it. Of several threads that ask first one gives the number; no child of
 * theirs can be given the same, as `last_number` is never behind it. */
static uint32_t number_page(struct self *page)
{
    uint32_t none = 0, number = add_relaxed32(&last_number, 1) + 1;
    store_relaxed32(&page->pid, (uint32_t)getpid());
    return swap_if32(&page->number, &none, number) ? number : none;
}

uint32_t self_ask(void)
{
    struct self *page = find_page();
    uint32_t number = page != NULL ? load_acquire32(&page->number) : (uint32_t)getpid();
    return number != 0 ? number : number_page(page);
}

/* ---- on borrowed memory ---- */

static bool is_of_namespace(uint64_t known)
{
    uint64_t namespace;
    int saved = errno;
    bool looked = known != 0 && !confine_forbids(CONFINE_PUBLISHER) && procfs_pidns(0, &namespace) == 0;
    errno = saved;
    return !looked || namespace == known;
}

bool self_borrows(void)
{
    const struct self *page = find_page();
    if (page == NULL || load_acquire32(&page->number) == 0 || confine_forbids(CONFINE_THREADS))
        return false;
    return load_relaxed32(&page->pid) != (uint32_t)getpid() || !is_of_namespace(load_relaxed64(&page->namespace));
}

bool self_is(uint32_t number)
{
    return number == self_number() && !self_borrows();
}

void self_look(void)
{
    struct self *page = find_page();
    uint64_t namespace;
    if (page != NULL && procfs_pidns(0, &namespace) == 0)
        store_relaxed64(&page->namespace, namespace);
}

void self_shut_in(void)
{
    thread_tls.shut_in = 1;
}

bool self_is_shut_in(void)
{
    return thread_tls.shut_in != 0;
}

void self_let_out(void)
{
    thread_tls.shut_in = 0;
}

/* ---- fork ---- */

static uint32_t parents_number;

void self_fork_prepare(void)
{
    store_relaxed32(&parents_number, self_number());
}

/* Some who only act as a kernel take the advice and do not follow it. */
void self_fork_child(void)
{
    struct self *page = find_page();
    if (page == NULL || load_acquire32(&page->number) != load_relaxed32(&parents_number))
        return;
    *page = (struct self){0};
    self_number();
}
