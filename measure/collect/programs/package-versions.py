"""Prints the versions of packages as JSON: {name: version}, null where the program of that name is not there.

Arguments: names of programs, which are those of their packages too. Python's standard library only.
"""

import json
import shutil
import subprocess
import sys


def printed(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    text = done.stdout.decode("utf-8", "replace").strip()
    return text.splitlines()[0] if done.returncode == 0 and text else None


def version(name):
    if not shutil.which(name):
        return None
    return printed("dpkg-query", "-W", "-f", "${Version}", name) or printed(name, "--version") or "unknown"


print(json.dumps({name: version(name) for name in sys.argv[1:]}))
