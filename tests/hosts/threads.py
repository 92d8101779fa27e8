"""threads.py: threads that fill queues and empty them, compress and sort. What they did is printed, then it rests until a
line comes."""
import hashlib
import queue
import sys
import threading
import zlib

work, results = queue.Queue(100), queue.Queue()
kept = {}


def make(number):
    for i in range(250):
        work.put((number, i, bytes((number + i + k) % 251 for k in range(200 + i))))


def use():
    while (item := work.get()) is not None:
        number, i, data = item
        words = sorted(zlib.compress(data)[k : k + 5] for k in range(50))
        kept[number, i] = data[:100]
        results.put((number, i, hashlib.sha256(data + b"".join(words)).hexdigest()))


users = [threading.Thread(target=use) for _ in range(3)]
makers = [threading.Thread(target=make, args=(number,)) for number in range(4)]
for thread in users + makers:
    thread.start()
for thread in makers:
    thread.join()
for _ in users:
    work.put(None)
for thread in users:
    thread.join()
lines = sorted(results.get() for _ in range(1000))
print(hashlib.sha256(repr(lines).encode()).hexdigest(), len(kept))
print("done", flush=True)
sys.stdin.readline()
sys.exit(3)
