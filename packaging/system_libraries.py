"""Sees to the system libraries that Qt loads on Linux, and to Python's own venv module.

Runs before anything is installed, so it needs Python alone. A library counts as present when the
loader finds it. Missing ones are installed where that can be done without asking (root with apt);
elsewhere the line to type is printed and the exit code is 1. It begins with fetching the lists of
packages, as a new machine may have none.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys

# What Qt's own libraries and its xcb and offscreen plugins need (their NEEDED entries), less what
# every Debian has, by the package that brings it. libwayland is left out: a Wayland desktop has it.
PACKAGES = {
    "libdbus-1.so.3": "libdbus-1-3",
    "libEGL.so.1": "libegl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libGL.so.1": "libgl1",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libstdc++.so.6": "libstdc++6",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
# Debian keeps the part of Python that makes virtual environments in a package of its own.
VENV = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"


def loadable(library: str) -> bool:
    """Whether the loader finds a library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing() -> list[str]:
    """The Debian packages that are wanted and not there."""
    packages = {package for library, package in PACKAGES.items() if not loadable(library)}
    importlib.invalidate_caches()
    if importlib.util.find_spec("ensurepip") is None:
        packages.add(VENV)
    return sorted(packages)


def install(packages: list[str]) -> bool:
    """Installs packages with apt, without a question; False if apt says that it could not."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages],
    )
    return all(
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL).returncode == 0
        for command in commands
    )


def line_to_type(packages: list[str], root: bool) -> str:
    """What installs packages on Debian, typed by root or by anybody."""
    commands = ("apt-get update", f"apt-get install -y {' '.join(packages)}")
    if root:
        return " && ".join(commands)
    if shutil.which("sudo") is not None:
        return " && ".join(f"sudo {command}" for command in commands)
    # A Debian whose root has a password has no sudo.
    return f"su - -c '{' && '.join(commands)}'"


def main() -> int:
    """Checks, installs where it may, and says what is left to do."""
    if sys.version_info[:2] not in {(3, 11), (3, 12), (3, 13)}:
        print(
            f"bnstudio needs Python 3.11, 3.12 or 3.13, and {sys.executable} is "
            f"{sys.version.split()[0]}. Name another one: make PYTHON=/path/to/python3.11",
            file=sys.stderr,
        )
        return 1
    if not sys.platform.startswith("linux"):
        return 0
    packages = missing()
    if not packages:
        return 0
    root, apt = os.geteuid() == 0, shutil.which("apt-get") is not None
    if root and apt:
        print("Installing system libraries:", *packages, flush=True)
        if install(packages) and not (packages := missing()):
            return 0
    line = line_to_type(packages, root)
    if apt:
        print("System libraries are missing. Type this line, then try again:", file=sys.stderr)
        print(f"    {line}", file=sys.stderr)
    else:
        lacking = [name for name, package in PACKAGES.items() if package in packages]
        lacking += ["Python's ensurepip"] if VENV in packages else []
        print(
            f"System libraries are missing: {', '.join(lacking)}. Install them with this system's "
            f"package manager (on Debian: {line}), then try again.",
            file=sys.stderr,
        )
    return 1


if __name__ == "__main__":
    sys.exit(main())
