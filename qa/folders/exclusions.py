"""Files kept out of a library: qa's own settings and accounts, whose secrets no answer may quote.

People who work in the folder of their documents may have ``qa.toml`` there, perhaps with a key, and
the accounts of the chat under any name.
"""

from __future__ import annotations

import re
from pathlib import Path

from qa.documents import FolderScan, SkippedFile, scan_folder
from qa.settings import SETTINGS_FILE

__all__ = ["HIDDEN", "holds_accounts", "scan_library"]

HIDDEN = "hidden"
"""Reason of skipped files that aren't shown in lists of skipped files either."""

# As `qa.ui.accounts`, which comes later, writes them; a test compares the two.
_ACCOUNT = re.compile(r"[^:\n]+:scrypt\$\d+\$\d+\$\d+\$[\w+/=]+\$[\w+/=]+[ \t]*")


def scan_library(root: Path) -> FolderScan:
    """List a folder's documents as `qa.documents.scan_folder` does, without our own settings.

    Raises
    ------
    LibraryNotFoundError
    """
    scan = scan_folder(root)
    ours = [file for file in scan.files if file.path.rpartition("/")[2] == SETTINGS_FILE]
    if not ours:
        return scan
    skipped = (*scan.skipped, *(SkippedFile(file.path, HIDDEN) for file in ours))
    return FolderScan(
        scan.root,
        tuple(file for file in scan.files if file not in ours),
        tuple(sorted(skipped, key=lambda file: file.path)),
    )


def holds_accounts(text: str) -> bool:
    """Whether a text is a file of accounts: nothing but names with hashed passwords."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return bool(lines) and all(map(_ACCOUNT.fullmatch, lines))
