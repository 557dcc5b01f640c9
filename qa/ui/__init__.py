"""The chat in the browser: `launch` serves it, `build` makes it."""

from qa.ui.accounts import add_account, read_accounts
from qa.ui.app import build
from qa.ui.serving import launch

__all__ = ["add_account", "build", "launch", "read_accounts"]
