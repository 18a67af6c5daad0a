"""Prints what a reader of the results must know about the node: {"facts": {...}, "acceleration", "programs": {...}}.

Arguments: the guests' vmids. A fact that cannot be had is null. Acceleration is what the running guests really use: kvm
where their process holds /dev/kvm open, else tcg; null if none runs. Python's standard library only.
"""

import glob
import json
import os
import platform
import shutil
import subprocess
import sys


def read(path):
    try:
        with open(path, errors="replace") as file:
            return file.read().strip()
    except OSError:
        return None


def first_line(*command):
    if not shutil.which(command[0]):
        return None
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None  # It does not start, or does not end.
    lines = done.stdout.decode("utf-8", "replace").strip().splitlines()
    return lines[0] if done.returncode == 0 and lines else None


def field(path, name):
    for line in (read(path) or "").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None


def acceleration(vmids):
    for vmid in vmids:
        pid = read("/var/run/qemu-server/%s.pid" % vmid)
        if not pid or not os.path.isdir("/proc/" + pid):
            continue
        for link in glob.glob("/proc/%s/fd/*" % pid):
            try:
                if os.readlink(link).startswith("/dev/kvm"):
                    return "kvm"
            except OSError:
                pass
        return "tcg"
    return None


def accelerator(vmids):
    """The accelerator with its settings, as the first running guest was given it; None where it was given none."""
    for vmid in vmids:
        pid = read("/var/run/qemu-server/%s.pid" % vmid)
        words = (read("/proc/%s/cmdline" % pid) or "").split("\0") if pid else []
        if "-accel" in words[:-1]:
            return words[words.index("-accel") + 1]
    return None


def main():
    memory = field("/proc/meminfo", "MemTotal")
    facts = {
        "cpuModel": field("/proc/cpuinfo", "model name"),
        "cpus": os.cpu_count(),
        "memoryBytes": int(memory.split()[0]) * 1024 if memory else None,
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "distribution": field_of_os_release(),
        "cpuGovernor": read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "clockSource": read("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
        "virtualizedIn": first_line("systemd-detect-virt"),
        "qemu": first_line("kvm", "--version") or first_line("qemu-system-x86_64", "--version"),
        "accelerator": accelerator(sys.argv[1:]),
        "pveManager": first_line("pveversion"),
        "python": platform.python_version(),
        "iproute2": first_line("ip", "-V"),
    }
    needed = ("ip", "tc", "nft", "flock", "chromium", "mount", "setpriv", "unshare", "fio", "sysbench", "iperf3")
    programs = {name: shutil.which(name) is not None for name in needed}
    print(json.dumps({"facts": facts, "acceleration": acceleration(sys.argv[1:]), "programs": programs}))


def field_of_os_release():
    for line in (read("/etc/os-release") or "").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.split("=", 1)[1].strip('"')
    return None


main()
