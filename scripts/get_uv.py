#!/usr/bin/env python3
"""Gets uv: `get_uv.py VERSION TARGET` puts its program at TARGET.

By pip where there is one, since pip knows this machine's mirrors; otherwise straight from the package index, since
Debian's python3 comes without pip and without venv. Standard library only.
"""

import hashlib
import html
import importlib.util
import io
import os
import platform
import re
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path


def main() -> None:
    """Get the version that was asked for, whole or not at all."""
    version, target = sys.argv[1], Path(sys.argv[2])
    print(f"Getting uv {version}", flush=True)
    program = by_pip(version) or from_index(version)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part")
    unfinished.write_bytes(program)
    unfinished.chmod(0o755)
    unfinished.replace(target)


def by_pip(version: str) -> bytes | None:
    """The program by pip; None where there is no pip, or it cannot get it."""
    if importlib.util.find_spec("pip") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:"]
        options = ["--disable-pip-version-check", "--root-user-action=ignore", "--target", folder]
        done = subprocess.run([*command, *options, f"uv=={version}"], check=False)  # noqa: S603 - words of our own
        program = Path(folder, "bin", "uv")
        return program.read_bytes() if done.returncode == 0 and program.is_file() else None


def from_index(version: str) -> bytes:
    """The program out of the wheel for this machine, its digest checked."""
    index = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("PIP_INDEX_URL") or "https://pypi.org/simple"
    page_address = f"{index.rstrip('/')}/uv/"
    page = fetch(page_address).decode()
    links = [html.unescape(link) for link in re.findall(r'href="([^"]+)"', page)]
    fitting = [link for link in links if f"/uv-{version}-py3-none-" in link and fits(link)]
    if not fitting:
        sys.exit(f"There is no uv {version} for {platform.system()} on {platform.machine()} at {page_address}")
    address, _, digest = urllib.parse.urljoin(page_address, fitting[0]).partition("#sha256=")
    wheel = fetch(address)
    if hashlib.sha256(wheel).hexdigest() != digest:
        sys.exit(f"What came from {address} is not what the index announced")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return archive.read(f"uv-{version}.data/scripts/uv")


def fits(link: str) -> bool:
    """Whether a wheel's name says that it is for this machine."""
    machine = platform.machine()
    if sys.platform == "darwin":
        return "macosx" in link and link.partition("#")[0].endswith(f"{machine}.whl")
    library = "manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux"
    return library in link and f"_{machine}." in link


def fetch(address: str) -> bytes:
    """What stands at an address. Ends the program where it cannot be read."""
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 - the index may be a folder
            content: bytes = answer.read()
    except OSError as error:
        sys.exit(f"{address} cannot be read: {error}")
    return content


if __name__ == "__main__":
    main()
