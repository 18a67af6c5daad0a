"""A web server whose capacity is known, for the ground truth of load.

Arguments: address, port, then either `one SECONDS` (one worker that takes so long for each request: it prints what each
has taken) or `stalls NUMBER SECONDS` (answers at once, but with request NUMBER it stops for so long, as a whole: it prints
when it stopped and went on, Unix seconds). Prints `ready` first.
"""

import http.server
import socketserver
import sys
import threading
import time

ADDRESS, PORT, KIND = sys.argv[1], int(sys.argv[2]), sys.argv[3]
guard = threading.Lock()
asked = 0


def serve_one(seconds):
    begin = time.monotonic()
    time.sleep(seconds)
    print(time.monotonic() - begin, flush=True)


def serve_or_stall(number, seconds):
    global asked
    with guard:  # Whoever comes while it is held waits, as for a server that has stopped.
        asked += 1
        if asked == number:
            begin = time.time()
            time.sleep(seconds)
            print(begin, time.time(), flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if KIND == "one":
            serve_one(float(sys.argv[4]))
        else:
            serve_or_stall(int(sys.argv[4]), float(sys.argv[5]))
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"done")

    def log_message(self, *_):
        pass


class OneWorker(http.server.HTTPServer):
    request_queue_size = 1024

    def server_bind(self):
        # Without asking for the name of its address, for which a namespace has nobody to ask.
        socketserver.TCPServer.server_bind(self)


class ManyWorkers(socketserver.ThreadingMixIn, OneWorker):
    daemon_threads = True


server = (OneWorker if KIND == "one" else ManyWorkers)((ADDRESS, PORT), Handler)
print("ready", flush=True)
server.serve_forever()
