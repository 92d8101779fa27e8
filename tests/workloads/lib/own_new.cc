// own_new.cc: operator new and delete of somebody's own, beside somebody else's malloc. Ends the program when delete is
// given a block that new did not make.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <unistd.h>

namespace
{
constexpr std::uint64_t mark = UINT64_C(0x6f776e2d6e6577);
struct alignas(16) head {
    std::uint64_t mark;
};
alignas(16) unsigned char pool[16 << 20];
std::size_t used;
} // namespace

// What the program asks: how many blocks are out.
extern "C" long own_new_out;
long own_new_out = 0;

void *operator new(std::size_t bytes)
{
    const std::size_t whole = (sizeof(head) + bytes + 15) & ~std::size_t{15};
    const std::size_t at = __atomic_fetch_add(&used, whole, __ATOMIC_RELAXED);
    head *of = reinterpret_cast<head *>(pool + at);

    if (at + whole > sizeof pool)
        std::abort();
    of->mark = mark;
    __atomic_fetch_add(&own_new_out, 1, __ATOMIC_RELAXED);
    return of + 1;
}

void operator delete(void *block) noexcept
{
    static const char said[] = "own_new: a block of somebody else's\n";
    head *of = static_cast<head *>(block) - 1;

    if (!block)
        return;
    if (reinterpret_cast<unsigned char *>(block) < pool ||
        reinterpret_cast<unsigned char *>(block) >= pool + sizeof pool || of->mark != mark) {
        if (write(STDERR_FILENO, said, sizeof said - 1) < 0)
            _exit(2);
        std::abort();
    }
    of->mark = 0;
    __atomic_fetch_sub(&own_new_out, 1, __ATOMIC_RELAXED);
}

void *operator new[](std::size_t bytes)
{
    return operator new(bytes);
}

void operator delete[](void *block) noexcept
{
    operator delete(block);
}

void operator delete(void *block, std::size_t) noexcept
{
    operator delete(block);
}

void operator delete[](void *block, std::size_t) noexcept
{
    operator delete(block);
}
