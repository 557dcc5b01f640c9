from __future__ import annotations

import os
from pathlib import Path

from written import WrittenLibrary

from qa.ui.app import _Looks
from qa.ui.desk import Desk
from qa.ui.shelf import CLAIMED, Shelf
from qa.ui.talk import Talk


def test_uploads_that_nobody_claims_are_not_kept(tmp_path: Path) -> None:
    library = WrittenLibrary()
    uploads = tmp_path / "uploads"
    for name in ("old", "young", f"{CLAIMED}old", "wished"):
        (uploads / name).mkdir(parents=True)
        (uploads / name / "b.exe").write_text("x")
        if "old" in name:
            os.utime(uploads / name, (0, 0))
    desk, shelf = Desk(library), Shelf(library)
    looks = _Looks(library, desk, shelf, Talk(library, desk, shelf), uploads)
    assert looks.change({"add": "b.exe", "path": str(uploads / "wished" / "b.exe")}) is None
    # What waits to be added is kept however long that takes.
    kept = {folder.name for folder in uploads.iterdir()}
    assert {"young", f"{CLAIMED}old"} <= kept
    assert "old" not in kept
