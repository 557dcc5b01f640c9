"""Who may sign in: names with hashed passwords in a file, and few wrong guesses.

A line is ``name:scrypt$15$8$3$salt$hash``: scrypt (Percival and Josefsson, RFC 7914) with
its cost as a power of two, block size and parallelism, then salt and hash in base64. The
password itself is kept nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from qa.errors import ServeError

__all__ = ["Accounts", "add_account", "read_accounts"]

SHORTEST_PASSWORD = 8
GUESSES = 5
GUESS_SECONDS = 60.0
_COST, _BLOCKS, _PARALLEL = 15, 8, 3

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Hash:
    """A password's hash, and what it was made with."""

    cost: int
    blocks: int
    parallel: int
    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, password: str) -> _Hash:
        salt = secrets.token_bytes(16)
        made = cls(_COST, _BLOCKS, _PARALLEL, salt, b"")
        return cls(_COST, _BLOCKS, _PARALLEL, salt, made._digest_of(password))

    @classmethod
    def parse(cls, written: str) -> _Hash | None:
        try:
            kind, *numbers, salt, digest = written.strip().split("$")
            cost, blocks, parallel = map(int, numbers)
            parsed = cls(
                cost,
                blocks,
                parallel,
                base64.b64decode(salt, validate=True),
                base64.b64decode(digest, validate=True),
            )
        except ValueError:
            return None
        affordable = 10 <= cost <= 20 and 1 <= blocks <= 32 and 1 <= parallel <= 16
        whole = kind == "scrypt" and len(parsed.digest) == 32 and len(parsed.salt) >= 8
        return parsed if affordable and whole else None

    def __str__(self) -> str:
        salt, digest = (base64.b64encode(part).decode() for part in (self.salt, self.digest))
        return f"scrypt${self.cost}${self.blocks}${self.parallel}${salt}${digest}"

    def matches(self, password: str) -> bool:
        return hmac.compare_digest(self._digest_of(password), self.digest)

    def _digest_of(self, password: str) -> bytes:
        memory = 128 * self.blocks * (2**self.cost + self.parallel + 2)
        return hashlib.scrypt(
            password.encode("utf-8", "surrogatepass"),
            salt=self.salt,
            n=2**self.cost,
            r=self.blocks,
            p=self.parallel,
            maxmem=memory,
            dklen=32,
        )


class Accounts:
    """Tells whether a name and a password may sign in; called by the server.

    After five wrong passwords for a name within a minute none is right any more, until the
    minute is over. All names that don't exist share one count. Whatever is tried takes the
    same time, so that it doesn't tell which names exist.

    Parameters
    ----------
    hashes : mapping of str to str
        Names to hashes as they are written in the file.
    clock : callable, optional
        Seconds that never go back.
    """

    def __init__(
        self, hashes: Mapping[str, str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._hashes = {name: _checked_hash(name, written) for name, written in hashes.items()}
        self._clock = clock
        self._wrong: dict[str, deque[float]] = {}
        # Of a cost that accounts have; those of a file are all alike, unless its owner wrote some.
        self._nobody = next(iter(self._hashes.values()), _Hash.of(secrets.token_hex(16)))
        # One at a time: each takes memory, and guessing is to be slow.
        self._lock = threading.Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """Who may sign in."""
        return tuple(self._hashes)

    def __call__(self, name: str, password: str) -> bool:
        """Whether `password` is that of `name`."""
        name = name.strip()
        with self._lock:
            now = self._clock()
            wrong = self._wrong.setdefault(name if name in self._hashes else "", deque())
            while wrong and wrong[0] <= now - GUESS_SECONDS:
                wrong.popleft()
            # A name that doesn't exist takes as long as one that does, and one that is refused
            # as long as one that is looked at.
            known = self._hashes.get(name)
            right = (known or self._nobody).matches(password) and known is not None
            if len(wrong) >= GUESSES:
                logger.warning("Sign-in is refused for a minute after %d wrong passwords", GUESSES)
                return False
            if not right:
                wrong.append(now)
            else:
                wrong.clear()
            return right


def _checked_hash(name: str, written: str) -> _Hash:
    parsed = _Hash.parse(written)
    if parsed is None:
        raise ServeError(
            f"The password of {name} isn't hashed. Give {name} a new one: "
            f"qa account {name} --auth-file FILE"
        )
    return parsed


def read_accounts(file: Path) -> Accounts:
    """Read who may sign in: ``name:hash`` lines; ``#`` begins a comment.

    Raises
    ------
    ServeError
        When the file can't be read, others may read it, or a line isn't understood.
    """
    accounts = Accounts(dict(_lines(_expanded(file))))
    if not accounts.names:
        raise ServeError(
            f"There is no account in {file}. Add one: qa account NAME --auth-file {file}"
        )
    return accounts


def add_account(file: Path, name: str, password: str) -> None:
    """Write an account into the file, in place of an earlier one of that name.

    The file is made where there is none, readable by its owner alone.

    Raises
    ------
    ServeError
        When the name or the password won't do, or the file can't be written.
    """
    name = name.strip()
    if not name or not name.isprintable() or ":" in name or name.startswith("#"):
        raise ServeError(
            f"{name!r} can't be a name: it must be there, without a colon, and not begin with #."
        )
    if len(password) < SHORTEST_PASSWORD:
        raise ServeError(
            f"The password has {len(password)} characters: choose one of at least "
            f"{SHORTEST_PASSWORD}."
        )
    file = _expanded(file)
    # Unlike Path's, it raises nothing where the folder may not be looked at.
    accounts = dict(_lines(file)) if os.path.exists(file) else {}
    accounts[name] = str(_Hash.of(password))
    temporary = file.with_name(f"{file.name}.new")
    try:
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            # As it is read, whatever the locale writes.
            with open(descriptor, "w", encoding="utf-8") as out:
                out.writelines(f"{each}:{written}\n" for each, written in accounts.items())
            temporary.replace(file)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ServeError(
            f"The accounts can't be written to {file}: {error.strerror or error}. Choose another "
            "file."
        ) from error


def _expanded(file: Path) -> Path:
    # Unlike Path's, it leaves an unknown person's home as it is, which then isn't there.
    return Path(os.path.expanduser(file))


def _lines(file: Path) -> list[tuple[str, str]]:
    try:
        content = file.read_text("utf-8")
        mode = file.stat().st_mode
    except (OSError, UnicodeError) as error:
        raise ServeError(f"The accounts in {file} can't be read: {error}.") from error
    if os.name == "posix" and mode & 0o044:
        raise ServeError(
            f"Others on this machine may read {file}, and could try passwords on it. Run: "
            f"chmod 600 {file}"
        )
    lines: dict[str, str] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, colon, written = line.partition(":")
        if not colon or not name.strip() or not written.strip():
            raise ServeError(
                f"Line {number} of {file} isn't name:hash. Write it by: "
                f"qa account NAME --auth-file {file}"
            )
        if name.strip() in lines:
            raise ServeError(f"Line {number} of {file} names {name.strip()} again.")
        lines[name.strip()] = written
    return list(lines.items())
