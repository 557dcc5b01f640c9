"""Processes that index while others kill them, read beside them or write as well."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path

from tqdm import tqdm

from qa.embeddings import HashingEmbedder
from qa.errors import IndexBusyError
from qa.index import Index, open_index, update_index
from qa.settings import ChunkingSettings

# By default its lock is shared between processes: one that is killed would keep it for ever.
tqdm.set_lock(threading.RLock())
tqdm.monitor_interval = 0

EMBEDDER = HashingEmbedder(16)
CHUNKING = ChunkingSettings(max_chunk_characters=200)
WORDS = "rain wind tide snow cloud storm frost mist dew hail".split()


def texts(index: Index) -> dict[str, str]:
    return {path: document.text for path, document in index.documents.items()}


def opened(store: Path) -> Index:
    return open_index(store, EMBEDDER, CHUNKING)


def update(store: Path, library: Path) -> Index:
    return update_index(store, library, EMBEDDER, CHUNKING)[0]


def put(library: Path, texts: dict[str, str], tick: int) -> None:
    """Make a folder hold exactly these texts, by renames, with new times."""
    for path in library.iterdir():
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        new = library.parent / "new"
        new.write_text(text, "utf-8")
        os.utime(new, ns=(tick, tick))
        new.replace(library / name)


def kill_trials(store: Path, library: Path, count: int, seed: int) -> dict[str, int]:
    """Kill an indexing process at random times; what is left must be old or new, whole."""
    rng = random.Random(seed)
    outcomes = {"old": 0, "new": 0, "finished": 0}
    state = {f"{number}.txt": "Rain fell. It was wet." for number in range(4)}
    put(library, state, 10**18)
    started = time.perf_counter()
    update(store, library)
    took = time.perf_counter() - started
    for trial in range(count):
        new = dict(state)
        for _ in range(rng.randint(1, 3)):
            name = f"{rng.randrange(8)}.txt"
            if name in new and len(new) > 1 and rng.random() < 0.3:
                del new[name]
            else:
                new[name] = " ".join(
                    f"{rng.choice(WORDS).title()} {rng.randrange(10**9)} {rng.choice(WORDS)}."
                    for _ in range(rng.randint(1, 30))
                )
        put(library, new, 10**18 + trial)
        child = os.fork()
        if child == 0:
            try:
                update(store, library)
            finally:
                os._exit(0)
        deadline = time.perf_counter() + rng.uniform(0, 1.2 * took)
        ended = 0
        while not ended and time.perf_counter() < deadline:
            time.sleep(0.0005)
            ended, _ = os.waitpid(child, os.WNOHANG)
        if not ended:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        found = texts(opened(store))
        assert found in (state, new), f"trial {trial}: neither the old state nor the new"
        # Aim at the whole of an update, however busy the machine is at the moment.
        if ended:
            took *= 0.8
            outcomes["finished"] += 1
        elif found == new:
            outcomes["new"] += 1
        else:
            took *= 1.1
            outcomes["old"] += 1
        state = found
    assert texts(update(store, library)) == new
    return outcomes


def read_on(store: Path, until: int) -> dict[str, int]:
    """Open the index again and again: every document of the same, never an older version."""
    last, opens, versions = 0, 0, set()
    while last < until:
        found = {text.split()[1] for text in texts(opened(store)).values()}
        assert len(found) == 1, f"parts of several generations: {found}"
        version = int(found.pop())
        assert version >= last, f"version {version} after {last}"
        last = version
        opens += 1
        versions.add(version)
    return {"opens": opens, "versions": len(versions)}


def write_on(store: Path, library: Path, count: int) -> dict[str, int]:
    """Update whenever it can be done, next to other writers."""
    done, busy = 0, 0
    while done < count:
        try:
            update(store, library)
            done += 1
        except IndexBusyError:
            busy += 1
    return {"done": done, "busy": busy}


if __name__ == "__main__":
    task, store, *others = sys.argv[1:]
    result = {
        "kill": lambda: kill_trials(Path(store), Path(others[0]), int(others[1]), int(others[2])),
        "read": lambda: read_on(Path(store), int(others[0])),
        "write": lambda: write_on(Path(store), Path(others[0]), int(others[1])),
    }[task]()
    print(json.dumps(result))
