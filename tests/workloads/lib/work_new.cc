// work_new.cc: what a program or its plugin does with new and delete: 3,000 blocks made in one place and deleted in many
// ways, 1,000 of them kept. Returns how many are kept.
#include <cstddef>
#include <new>

extern "C" long work_new();

static void *volatile kept[4000];

extern "C" long work_new()
{
    long out = 0;

    for (std::size_t i = 0; i < 4000; i++)
        kept[i] = i % 2 ? ::operator new(40) : ::operator new[](40);
    for (std::size_t i = 0; i < 3000; i++) {
        void *block = kept[i];
        if (i % 4 == 0)
            ::operator delete[](block);
        else if (i % 4 == 1)
            ::operator delete(block);
        else if (i % 4 == 2)
            ::operator delete[](block, std::size_t{40});
        else
            ::operator delete (block, std::size_t{40});
        kept[i] = nullptr;
    }
    for (void *volatile &block : kept)
        out += block != nullptr;
    return out;
}
