#!/usr/bin/env python3
"""A command of the node's own command line: asks the node's process, which SOCKET leads to, and does as it says."""

import json
import os
import shutil
import socket
import sys

SOCKET = "@SOCKET@"


def ask(arguments):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(SOCKET)
    program = os.path.basename(sys.argv[0])
    connection.sendall(json.dumps({"program": program, "arguments": arguments}).encode() + b"\n")
    with connection.makefile("rb") as answers:
        for line in answers:
            answer = json.loads(line)
            if "exit" in answer:
                return answer
            show(answer)
    sys.exit("%s: the node has gone away" % program)


def show(answer):
    sys.stdout.write(answer.get("stdout", ""))
    sys.stdout.flush()
    sys.stderr.write(answer.get("stderr", ""))


def enter(pid):
    os.chroot("/proc/%d/root" % pid)
    os.chdir("/")


def push(task):
    """The file is opened on the node and made in the container, whose links lead nowhere else."""
    try:
        source = open(task["from"], "rb")
    except OSError:
        say("failed to open %s for reading" % task["from"])
    enter(task["pid"])
    path = "/" + task["to"].lstrip("/")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    except OSError as error:
        say("failed to create file: %s: %s" % (path, error.strerror))
    with source, open(descriptor, "wb") as target:
        shutil.copyfileobj(source, target)
        os.fchown(descriptor, task["owner"]["uid"], task["owner"]["gid"])
        if task.get("mode") is not None:
            os.fchmod(descriptor, task["mode"])


def pull(task):
    outside = os.open("/", os.O_RDONLY)
    here = os.getcwd()
    enter(task["pid"])
    try:
        source = open(task["from"], "rb")
    except OSError as error:
        say("failed to open %s: %s" % (task["from"], error.strerror))
    os.fchdir(outside)
    os.chroot(".")
    os.chdir(here)
    with source, open(task["to"], "wb") as target:
        shutil.copyfileobj(source, target)


def say(message):
    """As Proxmox VE does, whose command succeeds all the same."""
    sys.stderr.write(message + "\n")
    sys.exit(0)


def main():
    answer = ask(sys.argv[1:])
    show(answer)
    further = answer.get("further")
    if further is None:
        sys.exit(answer["exit"])
    if further["kind"] == "exec":
        os.execvp(further["argv"][0], further["argv"])
    {"push": push, "pull": pull}[further["kind"]](further)


main()
