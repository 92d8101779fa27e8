// seed.cc: seed.c with std::thread, whose start routine is libstdc++'s own.
#include <cstddef>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

// Weak, an extension that this program is about: there may be no jemalloc.
extern "C" int mallctl(const char *name, void *old_value, size_t *old_bytes, void *new_value, size_t new_bytes)
    __attribute__((weak));

static void ask(int number)
{
    unsigned arena = 0;
    std::size_t bytes = sizeof arena;
    const std::unique_ptr<std::vector<int>> block(new std::vector<int>(250, number));

    if (!mallctl)
        std::puts("no jemalloc");
    else if (mallctl("thread.arena", &arena, &bytes, nullptr, 0) != 0)
        std::puts("mallctl refused");
    else
        std::printf("thread %d: arena %u\n", block->front(), arena);
}

int main()
{
    std::vector<std::thread> threads;

    for (int i = 0; i < 20; i++)
        threads.emplace_back(ask, i);
    for (std::thread &thread : threads)
        thread.join();
}
