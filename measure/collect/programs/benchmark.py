"""Runs one benchmark's command in a directory of its own under /var/tmp, and prints what it printed, as JSON.

Argument: {"warmUp": [...] or null, "command": [...], "files": {name: text}, "prefix": "...", "timeoutSeconds": n} as JSON.
The warm-up's output is not kept. Directories with the prefix that an earlier call was cut off in are removed first. Python's
standard library only.
"""

import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time


def cpu_ticks():
    try:
        with open("/proc/stat") as file:
            user, nice, system, idle, iowait, irq, softirq, steal = map(int, file.readline().split()[1:9])
    except (OSError, ValueError):
        return None
    return {
        "all": user + nice + system + idle + iowait + irq + softirq + steal,
        "idle": idle + iowait,
        "steal": steal,
    }


def file_system(directory):
    """Type, source and mount point of the file system that a directory is on: the longest mount point that holds it."""
    found = None
    try:
        with open("/proc/self/mounts") as file:
            for line in file:
                source, point, kind = line.split()[:3]
                inside = point == "/" or directory == point or directory.startswith(point + "/")
                if inside and (found is None or len(point) >= len(found[2])):
                    found = (kind, source, point)
    except OSError:
        return None
    return found and "%s on %s at %s" % found


def run(command, directory, seconds):
    """Exit code (None = cut off or not started), output, errors, time."""
    begin = time.monotonic()
    try:
        process = subprocess.Popen(
            command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as fault:
        return None, "", str(fault), 0
    code = None
    try:
        out, errors = process.communicate(timeout=seconds)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, errors = process.communicate()
        errors += b"\ncut off after %d s" % seconds
    return code, out.decode("utf-8", "replace"), errors.decode("utf-8", "replace")[-2000:], time.monotonic() - begin


def main():
    asked = json.loads(sys.argv[1])
    for left in glob.glob("/var/tmp/%s*" % glob.escape(asked["prefix"])):
        shutil.rmtree(left, ignore_errors=True)
    directory = tempfile.mkdtemp(prefix=asked["prefix"], dir="/var/tmp")
    try:
        for name, text in asked["files"].items():
            with open(os.path.join(directory, name), "w") as file:
                file.write(text)
        if asked["warmUp"]:
            run(asked["warmUp"], directory, asked["timeoutSeconds"])
        before = cpu_ticks()
        code, output, errors, seconds = run(asked["command"], directory, asked["timeoutSeconds"])
        after = cpu_ticks()
        print(
            json.dumps(
                {
                    "exitCode": code,
                    "output": output,
                    "errors": errors,
                    "seconds": seconds,
                    "cpu": {"before": before, "after": after} if before and after else None,
                    "fileSystem": file_system(directory),
                }
            )
        )
    finally:
        shutil.rmtree(directory, ignore_errors=True)


main()
