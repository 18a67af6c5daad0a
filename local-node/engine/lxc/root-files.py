"""Reads and writes files of a container's root file system, from inside of it and as its root.

Its argument is ROOT, and what to do a JSON object on standard input:
  {"files": [{"path", "text", "mode", "marked"}], "logins": COUNT, "password": {"user", "hash"}, "inspect": true}
Nothing that lies in ROOT is run, and no link in it leads out of it.
"""

# All of it before the change of the root: nothing may be loaded from there.
import glob
import json
import os
import re
import sys

BEGIN, END = "# --- BEGIN PVE ---\n", "# --- END PVE ---\n"
UNITS = ("/usr/lib/systemd/system/container-getty@.service", "/lib/systemd/system/container-getty@.service")
WANTS = "/etc/systemd/system/getty.target.wants"
MACHINES = {3: "i386", 40: "armhf", 62: "amd64", 183: "arm64", 243: "riscv64"}


def read(path):
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def write(path, text, mode):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    new = path + ".pve-new"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with open(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
        os.fchmod(descriptor, mode)
        file.write(text)
    # In the place of a link too: resolv.conf is often one into /run.
    os.rename(new, path)


def marked(old, text):
    head, begin, rest = old.partition(BEGIN)
    tail = rest.partition(END)[2] if begin else ""
    if head and not head.endswith("\n"):
        head += "\n"
    return head + BEGIN + text + END + tail


def set_password(user, digest):
    lines = read("/etc/shadow").splitlines(keepends=True)
    changed = [re.sub(r"^(%s:)[^:]*" % re.escape(user), lambda m: m[1] + digest, line) for line in lines]
    write("/etc/shadow", "".join(changed), 0o640)


def set_logins(count):
    """Systemd's logins on tty1 and those after it, whatever the template has masked, as Proxmox VE sets them up."""
    unit = next((path for path in UNITS if os.path.exists(path)), None)
    if unit is None:
        return
    text = read(unit)
    if "pts/%I" in text:
        write(unit, text.replace("pts/%I", "tty%I"), 0o644)
    os.makedirs(WANTS, exist_ok=True)
    for number in range(1, 7):
        for name in ("getty@tty%d.service" % number, "container-getty@%d.service" % number):
            remove(os.path.join(WANTS, name))
        if number <= count:
            os.symlink(unit, os.path.join(WANTS, "container-getty@%d.service" % number))


def remove(path):
    try:
        os.unlink(path)
    except OSError:
        pass


def architecture():
    for program in ("/usr/bin/sh", "/bin/sh", "/sbin/init"):
        try:
            with open(program, "rb") as file:
                head = file.read(20)
        except OSError:
            continue
        if head[:4] == b"\x7fELF":
            return MACHINES.get(int.from_bytes(head[18:20], "little"))
    return None


def inspect():
    system = re.search(r'^ID="?([\w.-]+)', read("/etc/os-release"), re.M)
    shared = glob.glob("/usr/lib/systemd/libsystemd-shared-*.so") + glob.glob(
        "/usr/lib/*-linux-gnu*/systemd/libsystemd-shared-*.so"
    )
    versions = [int(number) for path in shared for number in re.findall(r"-(\d+)[^/]*\.so$", path)]
    return {
        "os": system[1] if system else None,
        "architecture": architecture(),
        "systemd": max(versions, default=None),
    }


def main():
    given = json.load(sys.stdin)
    os.chroot(sys.argv[1])
    os.chdir("/")
    os.umask(0o022)
    for file in given.get("files", []):
        text = marked(read(file["path"]), file["text"]) if file.get("marked") else file["text"]
        write(file["path"], text, file.get("mode", 0o644))
    if "logins" in given:
        set_logins(given["logins"])
    if "password" in given:
        set_password(given["password"]["user"], given["password"]["hash"])
    print(json.dumps(inspect() if given.get("inspect") else {}))


main()
