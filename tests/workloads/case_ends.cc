// case_ends.cc: single cases of what threads allocate and free while they end: in thread_local destructors and in those of
// pthread keys. See case.h.
//
// glibc runs thread_local destructors first, then those of keys by rising number. jemalloc's own key comes before any of
// the program's: what is allocated after it comes from jemalloc's arena 0, which is no class's.
#include <cstddef>
#include <new>

#include "case.h"

enum { BLOCKS = 200 };

static struct actor a, b;
static void *held[BLOCKS], *left[4];
static pthread_key_t early_key, late_key;

// Before main, as libraries do.
__attribute__((constructor)) static void make_early_key();

static void end_of_key(void *argument)
{
    struct actor *self = static_cast<struct actor *>(argument);
    const enum case_class of = self->of;
    static unsigned calls;

    case_free(self, CASE_B, held[calls]);
    case_free(self, CASE_A, held[BLOCKS / 2 + calls]);
    self->of = CASE_UNBOUND; // by address
    void *block = case_malloc(self, 600);
    self->of = of;
    if (calls % 2)
        case_free(self, CASE_UNBOUND, block);
    else
        left[calls / 2] = block;
    calls++;
}

static void make_early_key()
{
    pthread_key_create(&early_key, end_of_key);
}

static void take(struct actor *self)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        if ((i < BLOCKS / 2) == (self->of == CASE_B))
            held[i] = case_malloc(self, 320);
}

static void set_keys(struct actor *self)
{
    pthread_setspecific(early_key, self);
    pthread_setspecific(late_key, self);
}

static void keys()
{
    pthread_key_create(&late_key, end_of_key);
    actor_start(&a, CASE_A);
    actor_start(&b, CASE_B);
    actor_do(&a, take);
    actor_do(&b, take);
    actor_do(&a, set_keys);
    actor_end(&a);
    actor_start(&a, CASE_A); // once more, on a stack that was used before
    actor_do(&a, set_keys);
    actor_end(&a);
}

// What a thread_local's destructor does is still its class's.
struct guest {
    struct actor *self = nullptr;
    ~guest()
    {
        if (!self)
            return;
        for (unsigned i = 0; i < BLOCKS; i += 2)
            case_free(self, i < BLOCKS / 2 ? CASE_B : CASE_A, held[i]);
        left[0] = case_malloc(self, 1000);
        left[1] = case_realloc(self, CASE_B, held[1], 2000);
    }
};

static thread_local guest visitor;

// For that, glibc notes the object in a block of four words, on the thread's account, and frees it before the destructor.
static void invite(struct actor *self)
{
    const std::size_t note_bytes = 4 * sizeof(void *);

    case_books.alloc_bytes[self->of] += note_bytes;
    case_books.freed_bytes[self->of][self->of] += note_bytes;
    case_books.freed_count[self->of][self->of]++;
    visitor.self = self;
}

static void thread_locals()
{
    actor_start(&a, CASE_A);
    actor_start(&b, CASE_B);
    actor_do(&a, take);
    actor_do(&b, take);
    actor_do(&a, invite);
    actor_end(&a);
}

// Every way to delete nothing; then a block of another class's through each that takes one.
static void delete_nothing(struct actor *)
{
    const std::size_t bytes = 64;
    const std::align_val_t alignment{64};

    for (unsigned i = 0; i < BLOCKS; i++) {
        void *volatile nothing = nullptr;
        ::operator delete(nothing);
        ::operator delete[](nothing);
        ::operator delete(nothing, bytes);
        ::operator delete[](nothing, bytes);
        ::operator delete(nothing, std::nothrow);
        ::operator delete[](nothing, std::nothrow);
        ::operator delete(nothing, alignment);
        ::operator delete[](nothing, alignment);
        ::operator delete(nothing, bytes, alignment);
        ::operator delete[](nothing, bytes, alignment);
        ::operator delete(nothing, alignment, std::nothrow);
        ::operator delete[](nothing, alignment, std::nothrow);
    }
}

static void nothing()
{
    actor_start(&a, CASE_A);
    actor_do(&a, take);
    actor_do(&a, delete_nothing);
}

int main(int argc, char **argv)
{
    static const struct case_row rows[] = {
        {"keys", keys, CASE_UNBOUND + 1},
        {"thread-locals", thread_locals, 3},
        {"delete-nothing", nothing, 1},
    };

    return case_main(argc, argv, rows, sizeof rows / sizeof rows[0]);
}
