"""Commands per second of the Python library eventsourcing on Postgres, as its documentation sets it up.

usage: eventsourcing_py.py <database url> <seconds>

Two processes of sixteen threads, since one process uses one core; each command creates an aggregate with one event.
"""

import multiprocessing
import os
import sys
import threading
import time
from urllib.parse import urlparse

PROCESSES, THREADS = 2, 16


def environment(url):
    parts = urlparse(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path.lstrip("/"),
        "POSTGRES_HOST": parts.hostname,
        "POSTGRES_PORT": str(parts.port or 5432),
        "POSTGRES_USER": parts.username or "postgres",
        "POSTGRES_PASSWORD": parts.password or "",
        "POSTGRES_POOL_SIZE": str(THREADS),
        "POSTGRES_MAX_OVERFLOW": str(THREADS),
    }


def work(url, seconds, done):
    from eventsourcing.application import Application
    from eventsourcing.domain import Aggregate, event

    class Lead(Aggregate):
        @event("Created")
        def __init__(self, first_name, last_name, email, phone, source, preferences, tags):
            self.first_name, self.last_name, self.email, self.phone = first_name, last_name, email, phone
            self.source, self.preferences, self.tags = source, preferences, tags

    application = Application(env=environment(url))
    end = time.monotonic() + seconds
    counts = [0] * THREADS

    def create(thread):
        while time.monotonic() < end:
            application.save(
                Lead("Lead", "Number 17", "lead17@example.com", "+14152000017", "website",
                     {"budget": 450000, "area": "Mission"}, ["bench"]))
            counts[thread] += 1

    threads = [threading.Thread(target=create, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.put(sum(counts))
    application.close()


def main():
    url, seconds = sys.argv[1], float(sys.argv[2])
    done = multiprocessing.Queue()
    processes = [multiprocessing.Process(target=work, args=(url, seconds, done)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    total = sum(done.get() for _ in processes)
    for process in processes:
        process.join()
    print(total / seconds)


if __name__ == "__main__":
    main()
