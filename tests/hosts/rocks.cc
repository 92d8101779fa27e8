// rocks.cc: a database on RocksDB that threads of the program fill while the library's own flush and compact it. What is in
// it at the end is printed, then it rests until a line comes.
#include <pthread.h>
#include <rocksdb/db.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace
{

constexpr int writers = 3, keys = 30000;

void must(const rocksdb::Status &status)
{
    if (status.ok())
        return;
    std::fprintf(stderr, "rocks: %s\n", status.ToString().c_str());
    std::exit(1);
}

std::string key_of(int writer, int number)
{
    char text[32];
    std::snprintf(text, sizeof text, "w%d-%08d", writer, number);
    return text;
}

std::string value_of(int writer, int number)
{
    return std::string(static_cast<size_t>(50 + (number * 7919 + writer) % 400),
                       static_cast<char>('a' + (number + writer) % 26));
}

void fill(rocksdb::DB *db, int writer)
{
    pthread_setname_np(pthread_self(), ("fill-" + std::to_string(writer)).c_str());
    for (int i = 0; i < keys; i++)
        must(db->Put({}, key_of(writer, i), value_of(writer, i)));
    for (int i = 0; i < keys; i += 3)
        must(db->Delete({}, key_of(writer, i)));
}

std::unique_ptr<rocksdb::DB> open_at(const char *path)
{
    rocksdb::Options options;
    rocksdb::DB *db = nullptr;
    options.create_if_missing = true;
    options.write_buffer_size = 1 << 20;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    options.IncreaseParallelism(4);
    must(rocksdb::DB::Open(options, path, &db));
    return std::unique_ptr<rocksdb::DB>(db);
}

// FNV-1a, Fowler, Noll and Vo; 64 bits.
void print_contents(rocksdb::DB *db)
{
    uint64_t count = 0, hash = 14695981039346656037U;
    std::unique_ptr<rocksdb::Iterator> at(db->NewIterator({}));
    for (at->SeekToFirst(); at->Valid(); at->Next(), count++)
        for (char c : at->key().ToString() + at->value().ToString())
            hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    std::printf("%" PRIu64 " keys, %016" PRIx64 "\ndone\n", count, hash);
    std::fflush(stdout);
}

} // namespace

int main(int, char **arguments)
{
    std::unique_ptr<rocksdb::DB> db = open_at(arguments[1]);
    std::vector<std::thread> threads;
    for (int writer = 0; writer < writers; writer++)
        threads.emplace_back(fill, db.get(), writer);
    for (std::thread &thread : threads)
        thread.join();
    must(db->Flush({}));
    must(db->CompactRange({}, nullptr, nullptr));
    print_contents(db.get());
    std::getchar();
    must(db->Close());
    std::puts("closed");
    return 5;
}
