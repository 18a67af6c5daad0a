"""Load on a web server. Open loop: asks for pages at intended times, whether or not it has answered those before.

Standard input holds one JSON object: {"host", "port", "requests": [[path, seconds after the start]], in order of time,
"inFlight", "drainSeconds"}. Closed loop: {"host", "port", "paths": [path], "users", "thinkSeconds", "seconds", "seed",
"drainSeconds"}: each user thinks (exponential, mean thinkSeconds), asks for the next path, waits for the answer, and begins
again until `seconds` are over. When all is over, standard output gets {"startedAt", "cpuSeconds"} and then one JSON object per
request (LoadRequest of raw-data.ts), in the order intended.

A closed loop, whose next request waits for the answer before, asks a slow server for less and leaves out just the waits that
matter (coordinated omission); here nothing but the bound on what is under way can hold a request back, and then its latency
runs on from its intended start. Each request is a visitor of its own: a connection of its own, no cookies, no redirects
followed. Connections are not kept alive, because one that is kept idle holds a worker of the server. After the last intended
time answers are waited for `drainSeconds` at most; then what is open is cut off, and what is still held back was never
started. It ends at once when its standard input does, so that no load outlives the one who asked for it. Python's standard
library only.
"""

import http.client
import json
import os
import queue
import random
import socket
import sys
import threading
import time

config = json.loads(sys.stdin.readline())
HEADERS = {
    "User-Agent": "pve-virtualization-lab-load/1",
    "Accept": "text/html,*/*;q=0.8",
    "Accept-Language": "en",
    "Accept-Encoding": "gzip",
    "Connection": "close",
}

# The wall clock may be set meanwhile; its first reading is carried on by the clock that cannot.
wall, steady = time.time(), time.monotonic()


def now():
    return wall + time.monotonic() - steady


class Load:
    def __init__(self, requests):
        self.start = now() + 0.05
        self.end = self.start + (requests[-1][1] if requests else 0) + config["drainSeconds"]
        self.records = [self.record(path, at) for path, at in requests]
        self.waiting = queue.SimpleQueue()
        self.guard = threading.Lock()
        self.under_way = 0
        self.sockets = set()
        self.over = False

    def record(self, path, at):
        record = {"path": path, "intendedAt": self.start + at, "startedAt": None, "held": False}
        record.update({"firstByteAt": None, "endedAt": None, "status": None, "bytes": 0, "error": None})
        return record

    def run(self):
        threading.stack_size(256 * 1024)
        count = min(config["inFlight"], len(self.records))
        workers = [threading.Thread(target=self.work, daemon=True) for _ in range(count)]
        for worker in workers:
            worker.start()
        for record in self.records:
            time.sleep(max(0, record["intendedAt"] - now()))
            with self.guard:
                self.under_way += 1
                record["held"] = self.under_way > config["inFlight"]
            self.waiting.put(record)
        for _ in workers:
            self.waiting.put(None)
        for worker in workers:
            worker.join(max(0, self.end - now()))
        self.cut_off()
        for worker in workers:
            worker.join()

    def cut_off(self):
        with self.guard:
            self.over = True
            for each in self.sockets:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # It has ended just now.

    def work(self):
        while True:
            record = self.waiting.get()
            if record is None:
                return
            if not self.over:
                self.ask(record)
            with self.guard:
                self.under_way -= 1

    def ask(self, record):
        record["startedAt"] = now()
        try:
            self.fetch(record)
        except (OSError, http.client.HTTPException) as error:
            cut = "cut off: no answer until the end of the step (%s)" if self.over else "%s"
            record["error"] = cut % ("%s: %s" % (type(error).__name__, error))
        record["endedAt"] = now()

    def fetch(self, record):
        # Beyond the end of the step by a little, so that it is the end that cuts off.
        patience = max(0.1, self.end - now() + 0.5)
        connection = http.client.HTTPConnection(config["host"], config["port"], timeout=patience)
        try:
            connection.connect()
            own = connection.sock
            own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.guard:
                if self.over:
                    raise TimeoutError("connected too late")
                self.sockets.add(own)
            try:
                self.exchange(connection, own, record)
            finally:
                with self.guard:
                    self.sockets.discard(own)
        finally:
            connection.close()

    def exchange(self, connection, own, record):
        connection.request("GET", record["path"], headers=HEADERS)
        # Nothing to see means that the server has closed the connection.
        if own.recv(1, socket.MSG_PEEK):
            record["firstByteAt"] = now()
        answer = connection.getresponse()
        record["status"] = answer.status
        try:
            record["bytes"] = len(answer.read())
        except http.client.IncompleteRead as error:
            record["bytes"] = len(error.partial)
            raise
        if self.over:  # A body without a length ends wherever its connection does.
            raise ConnectionAbortedError("the body may not be whole")


class Users(Load):
    def __init__(self, paths):
        super().__init__([])
        self.until = self.start + config["seconds"]
        self.end = self.until + config["drainSeconds"]
        self.paths = paths

    def run(self):
        threading.stack_size(256 * 1024)
        users = [threading.Thread(target=self.live, args=(n,), daemon=True) for n in range(config["users"])]
        for user in users:
            user.start()
        for user in users:
            user.join(max(0, self.end - now()))
        self.cut_off()
        for user in users:
            user.join()
        self.records.sort(key=lambda record: record["startedAt"])

    def live(self, number):
        chance = random.Random(config["seed"] * 100003 + number)
        asked, intended = number, self.start
        while True:
            intended += chance.expovariate(1 / config["thinkSeconds"]) if config["thinkSeconds"] > 0 else 0
            if intended >= self.until:
                return
            time.sleep(max(0, intended - now()))
            record = self.record(self.paths[asked % len(self.paths)], intended - self.start)
            asked += 1
            with self.guard:
                self.records.append(record)
            self.ask(record)
            intended = record["endedAt"]
            if record["error"] is not None and config["thinkSeconds"] == 0:
                intended += 0.1  # A server that refuses at once is not asked without end.


def end_with_input():
    while os.read(0, 4096):
        pass
    os._exit(1)


def main():
    threading.Thread(target=end_with_input, daemon=True).start()
    load = Users(config["paths"]) if "users" in config else Load(config["requests"])
    load.run()
    print(json.dumps({"startedAt": load.start, "cpuSeconds": time.process_time()}))
    for record in load.records:
        print(json.dumps(record))


try:
    main()
except BrokenPipeError:
    os._exit(0)
