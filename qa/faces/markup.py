"""HTML and SVG as values: whatever isn't markup already is escaped when it goes in.

Documents' names and texts, questions and whatever a model writes are plain strings. They become
part of a page only as children or attributes of an `element`, which escapes them. A function that
returns `Markup` can't return such a string by mistake: the type checker sees the difference.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

__all__ = ["Markup", "element", "escaped", "join"]


def element(name: str, /, *children: str | None, **attributes: str | float | bool | None) -> Markup:
    """Make an element around its children.

    Parameters
    ----------
    name : str
    *children : str or None
        `Markup` goes in as it is, other text escaped, None not at all.
    **attributes : str, float, bool or None
        ``class_`` is ``class`` and ``data_start`` is ``data-start``. True stands alone, False and
        None are left out, and a float is rounded to two decimals.
    """
    written = "".join(
        _attribute(key.rstrip("_").replace("_", "-"), value)
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    inner = join(child for child in children if child is not None)
    return Markup(f"<{name}{written}>{inner}</{name}>")  # noqa: S704


def join(parts: Iterable[str]) -> Markup:
    """Put parts one after the other; those that aren't markup are escaped."""
    return Markup("").join(map(escaped, parts))


def escaped(text: str) -> Markup:
    """Escape a text that isn't markup already.

    A lone surrogate, which no browser could be sent, becomes a question mark.
    """
    if not isinstance(text, Markup):
        text = text.encode("utf-8", "replace").decode("utf-8")
    return escape(text)


def _attribute(key: str, value: str | float | bool) -> str:
    if value is True:
        return f" {key}"
    shown = f"{round(value, 2):g}" if isinstance(value, float) else str(value)
    return f' {key}="{escaped(shown)}"'
