"""The export of a long session: what the server's memory grows to, and whether every text comes back.

`python -m benchmarks.export_memory` writes 200,000 messages into a session, starts a server over them, downloads every
format twice and prints a line for each: seconds, bytes, the peak of the server's resident memory, and whether the
SHA-256 of the ids and texts that are read back is that of what was written.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks.exports import FORMS, digest, read_back
from benchmarks.fuzz import server
from benchmarks.place import settings_in
from benchmarks.seeding import add_messages, load_workflows
from benchmarks.texts import sentence
from flowdeck.container import open_container
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.upgrade import upgrade

_WORDS = 30


def texts(count: int) -> Iterator[tuple[str, str]]:
    """Ids and texts, the same each time; every hundredth would be a formula in a spreadsheet."""
    chance = random.Random(1)  # noqa: S311 - reproducible
    for number in range(count):
        text = sentence(chance, _WORDS)
        yield f"message-{number:07d}", f"=1+1, \"{text}\"\r\n'{text}'" if number % 100 == 0 else text


async def write(folder: Path, count: int) -> str:
    """A session with so many messages; its id."""
    settings = settings_in(folder)
    settings.data_dir.mkdir(exist_ok=True)
    upgrade(settings.database_url)
    async with open_container(settings, environment={}) as container:
        await load_workflows(container)
        row = await container.session_service.create(LOCAL, "configs/workflows/chat.yaml")
        await add_messages(container, row.session_id, texts(count))
    return row.session_id


def resident(process: int, field: str) -> float:
    """Of a process, in MB: `VmRSS` now, `VmHWM` at its peak."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


def main() -> None:
    """Parse the command line, write, download, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=200_000)
    count = parser.parse_args().messages
    written = digest(texts(count))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        session_id = asyncio.run(write(folder, count))
        with server(folder) as (address, process), httpx.Client(base_url=address, timeout=600) as client:
            client.get(f"/api/history/sessions/{session_id}/messages").raise_for_status()
            print(f"{count} messages; before: {resident(process, 'VmRSS'):.0f} MB")
            for form in [*FORMS, "markdown"] * 2:
                url = f"/api/history/sessions/{session_id}/export"
                _download(client, url, folder / f"export.{form}", process=process, written=written)


def _download(client: httpx.Client, url: str, path: Path, *, process: int, written: str) -> None:
    began = time.perf_counter()
    form = path.suffix.removeprefix(".")
    with client.stream("GET", url, params={"format": form}) as answer, path.open("wb") as file:
        answer.raise_for_status()
        for chunk in answer.iter_bytes():
            file.write(chunk)
    seconds = time.perf_counter() - began
    same = ""
    if form in FORMS:
        back = digest(_plain(form, pair) for pair in read_back(path.read_bytes().decode("utf-8"), form))
        same = f", sha256 {'equal' if back == written else 'DIFFERENT'} {back[:16]}"
    size = path.stat().st_size / 1_000_000
    print(f"{form}: {seconds:.1f} s, {size:.0f} MB, peak {resident(process, 'VmHWM'):.0f} MB{same}", flush=True)


def _plain(form: str, pair: tuple[str, str]) -> tuple[str, str]:
    """A text without the apostrophe that keeps a spreadsheet from executing it."""
    message_id, content = pair
    return (message_id, content[1:]) if form == "csv" and content.startswith("'=") else pair


if __name__ == "__main__":
    main()
