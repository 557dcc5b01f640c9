"""The chat in the browser: `launch` serves it, `build` makes it."""

from qa.ui.app import build
from qa.ui.serving import launch, read_accounts

__all__ = ["build", "launch", "read_accounts"]
