"""How long tests wait for what happens beside them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

__all__ = ["PATIENCE", "eventually"]

# Seconds: far more than anything takes, for machines that are busy with something else.
PATIENCE = int(os.environ.get("QA_TEST_PATIENCE", "60"))


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds that tells nobody when it does."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)
