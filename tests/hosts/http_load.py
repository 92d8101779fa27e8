"""http_load.py PORT CONNECTIONS PATH...: fetches each path once over each of several connections at a time, and prints what
came, sorted: path, status, length and digest of the body."""
import hashlib
import http.client
import sys
import threading

port, connections, paths = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
lines = []


def fetch(number):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    # Everybody begins elsewhere, so that they meet.
    turn = number * len(paths) // connections
    for path in paths[turn:] + paths[:turn]:
        link.request("GET", path)
        answer = link.getresponse()
        body = answer.read()
        lines.append(f"{path} {answer.status} {len(body)} {hashlib.sha256(body).hexdigest()}")
    link.close()


threads = [threading.Thread(target=fetch, args=(number,)) for number in range(connections)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("\n".join(sorted(lines)))
