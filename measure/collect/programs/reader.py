"""A scripted reader: visits pages of one web server with everything that they load, like a browser does.

Standard input holds one JSON object: {"host", "port", "pages": [path], "thinkSeconds": [n - 1 pauses], "delaySeconds",
"connections", "timeoutSeconds"}. Standard output gets one JSON object per transfer (Transfer of raw-data.ts).

What it does as a browser: keep-alive connections, at most `connections` of them, kept for the whole session; assets
(img, script, stylesheet and icon of the same server) fetched in parallel as soon as the page is there and only once in a
session; cookies; gzip; redirects. What it does not: run scripts, fetch what a stylesheet refers to, speak HTTP/2.
A page's intended start is the end of the page before plus the think time. Python's standard library only.
"""

import gzip
import html.parser
import http.client
import http.cookies
import json
import os
import queue
import socket
import sys
import threading
import time
import urllib.parse
import zlib

config = json.loads(sys.stdin.readline())
HOST, PORT = config["host"], config["port"]
ORIGIN = "http://%s%s" % (HOST, "" if PORT == 80 else ":%d" % PORT)
HEADERS = {
    "User-Agent": "pve-virtualization-lab-reader/1",
    "Accept": "text/html,*/*;q=0.8",
    "Accept-Language": "en",
    "Accept-Encoding": "gzip",
}
REDIRECTS = 5

# The wall clock may be set meanwhile; its first reading is carried on by the clock that cannot.
wall, steady = time.time(), time.monotonic()


def now():
    """Unix seconds."""
    return wall + time.monotonic() - steady


cookies = {}
guard = threading.Lock()


class Assets(html.parser.HTMLParser):
    """Collects what a page makes a browser load."""

    def __init__(self):
        super().__init__()
        self.base = None
        self.found = []

    def handle_starttag(self, tag, attributes):
        value = dict(attributes)
        if tag == "base" and value.get("href"):
            self.base = value["href"]
        elif tag in ("img", "script") and value.get("src"):
            # Images that a browser would load only when scrolled to.
            if value.get("loading") != "lazy":
                self.found.append(value["src"])
        elif tag == "link" and value.get("href"):
            if {"stylesheet", "icon"} & set((value.get("rel") or "").lower().split()):
                self.found.append(value["href"])


def resolved(base, reference):
    """The URL that a reference names, as it is sent: without its fragment, in ASCII. None if it names none."""
    try:
        target = urllib.parse.urldefrag(urllib.parse.urljoin(base, reference.strip()))[0]
    except ValueError:
        return None  # http://[, for example
    return urllib.parse.quote(target, safe="/:?[]@!$&'()*+,;=%~|")


def assets_of(url, text):
    parser = Assets()
    parser.feed(text)
    base = resolved(url, parser.base or "") or url
    found = {}
    for reference in parser.found:
        target = resolved(base, reference)
        if target is not None and target.startswith(ORIGIN + "/"):
            found[target] = True
    return list(found)


def cookies_of(line):
    """The cookies that one Set-Cookie line sets; none if a browser would not take it either."""
    try:
        return {name: morsel.value for name, morsel in http.cookies.SimpleCookie(line).items()}
    except http.cookies.CookieError:
        return {}


class Connection:
    """One keep-alive connection; opened when first needed and again when the server has closed it."""

    def __init__(self):
        self.http = None

    def fetch(self, url, record):
        """Returns (headers, body) and fills in firstByteAt, status and bytes as far as it comes."""
        reused = self.http is not None
        try:
            return self.request(url, record)
        except (OSError, http.client.HTTPException) as error:
            self.drop()
            # A server may close an idle connection just as it is used again; a browser then tries a new one.
            if not reused or record["firstByteAt"] is not None or isinstance(error, socket.timeout):
                raise
        try:
            return self.request(url, record)
        except (OSError, http.client.HTTPException):
            self.drop()
            raise

    def request(self, url, record):
        if self.http is None:
            self.http = http.client.HTTPConnection(HOST, PORT, timeout=config["timeoutSeconds"])
            self.http.connect()
            self.http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with guard:
            cookie = "; ".join("%s=%s" % pair for pair in cookies.items())
        headers = dict(HEADERS, **({"Cookie": cookie} if cookie else {}))
        self.http.request("GET", url[len(ORIGIN) :] or "/", headers=headers)
        # Nothing to see means that the server has closed the connection.
        if self.http.sock.recv(1, socket.MSG_PEEK):
            record["firstByteAt"] = now()
        answer = self.http.getresponse()
        record["status"] = answer.status
        try:
            body = answer.read()
        except http.client.IncompleteRead as error:
            record["bytes"] = len(error.partial)
            raise
        record["bytes"] = len(body)
        for line in answer.headers.get_all("Set-Cookie") or []:
            with guard:
                cookies.update(cookies_of(line))
        if answer.will_close:
            self.drop()
        return answer.headers, body

    def drop(self):
        if self.http is not None:
            self.http.close()
        self.http = None


def transfer(connection, url, kind, page, intended):
    """Fetches one URL and prints its record; returns (headers, body) or None if it failed."""
    record = {"url": url, "kind": kind, "page": page, "intendedAt": intended, "startedAt": now()}
    record.update({"firstByteAt": None, "status": None, "bytes": 0, "error": None})
    result = None
    try:
        result = connection.fetch(url, record)
    except (OSError, http.client.HTTPException, ValueError) as error:
        # ValueError: what cannot be put into a request, such as a cookie that is not Latin-1.
        record["error"] = "%s: %s" % (type(error).__name__, error)
    record["endedAt"] = now()
    with guard:
        print(json.dumps(record), flush=True)
    return result


def decoded(headers, body):
    if headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return body.decode(headers.get_content_charset() or "utf-8", "replace")


def fetch_page(connection, path, page, intended):
    """Follows redirects within the server; returns the assets of the page that came."""
    url = ORIGIN + path
    for _ in range(REDIRECTS):
        result = transfer(connection, url, "page", page, intended)
        if result is None:
            return []
        headers, body = result
        if headers.get("Location"):
            url = resolved(url, headers["Location"])
            if url is None or not url.startswith(ORIGIN + "/"):
                return []
            intended = now()
            continue
        if headers.get_content_type() != "text/html":
            return []
        try:
            return assets_of(url, decoded(headers, body))
        except (OSError, EOFError, LookupError, zlib.error):
            return []  # Not gzip, or a broken one, or no such charset: the page's own transfer stands as it is.
    return []


def fetch_assets(connections, urls, page):
    discovered = now()
    waiting = queue.SimpleQueue()
    for url in urls:
        waiting.put(url)

    def work(connection):
        while True:
            try:
                url = waiting.get_nowait()
            except queue.Empty:
                return
            transfer(connection, url, "asset", page, discovered)

    workers = [threading.Thread(target=work, args=(each,)) for each in connections[: len(urls)]]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def main():
    connections = [Connection() for _ in range(config["connections"])]
    cached = set()
    intended = now() + config["delaySeconds"]
    for page, path in enumerate(config["pages"]):
        time.sleep(max(0, intended - now()))
        fresh = [url for url in fetch_page(connections[0], path, page, intended) if url not in cached]
        cached.update(fresh)
        fetch_assets(connections, fresh, page)
        if page < len(config["thinkSeconds"]):
            intended = now() + config["thinkSeconds"][page]
    for connection in connections:
        connection.drop()


try:
    main()
except BrokenPipeError:
    os._exit(0)
