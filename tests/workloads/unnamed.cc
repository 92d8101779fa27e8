// unnamed.cc: threads of C++'s own kinds, none of which has a name. When all of them hold their blocks it prints "ready",
// and waits for SIGTERM.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>
#include <pthread.h>
#include <string>
#include <thread>
#include <unistd.h>

static void *volatile held[32];
static unsigned holders;

static void rest()
{
    held[__atomic_fetch_add(&holders, 1, __ATOMIC_ACQ_REL)] = std::malloc(100000);
    for (;;)
        pause();
}

// In the dynamic symbol table of no program: in the full one alone.
void worker()
{
    rest();
}

void worker_with(int, const std::string &, double, char)
{
    rest();
}

namespace app
{
struct Pool {
    void run(int)
    {
        rest();
    }
    virtual void run_virtual()
    {
        rest();
    }
    virtual ~Pool() = default;
    std::thread start()
    {
        return std::thread([this] { run(0); });
    }
};

struct Job {
    char ballast[100] = {};
    void operator()() const
    {
        rest();
    }
};

template <class T> void turn(T &)
{
    rest();
}
} // namespace app

extern "C" void *plain(void *);
void *plain(void *)
{
    rest();
    return nullptr;
}

void *mangled(void *);
void *mangled(void *)
{
    rest();
    return nullptr;
}

static int later()
{
    rest();
    return 1;
}

int main()
{
    static app::Pool pool;
    static std::future<int> futures[2];
    static int number;
    sigset_t end;
    int received;
    unsigned wanted = 0;
    pthread_t thread;

    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &end, nullptr);
    const auto begin = [&wanted](std::thread started) {
        wanted++;
        started.detach();
    };
    begin(std::thread(worker));
    begin(std::thread(worker));
    begin(std::thread(worker_with, 1, "text", 0.5, 'c'));
    begin(std::thread(&app::Pool::run, &pool, 5));
    begin(std::thread(&app::Pool::run_virtual, &pool));
    begin(std::thread(app::turn<int>, std::ref(number)));
    begin(std::thread(app::Job()));
    begin(std::thread([] { rest(); }));
    begin(std::thread([](long) { rest(); }, 3L));
    begin(pool.start());
    futures[0] = std::async(std::launch::async, [] {
        rest();
        return 1;
    });
    futures[1] = std::async(std::launch::async, later);
    wanted += 4;
    if (pthread_create(&thread, nullptr, plain, nullptr) != 0 ||
        pthread_create(&thread, nullptr, mangled, nullptr) != 0)
        return 1;
    while (__atomic_load_n(&holders, __ATOMIC_ACQUIRE) != wanted)
        usleep(1000);
    std::puts("ready");
    std::fflush(stdout);
    sigwait(&end, &received);
    _exit(0);
}
