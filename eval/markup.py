"""HTML and SVG as values: whatever isn't markup already is escaped when it goes in."""

from __future__ import annotations

import html

__all__ = ["Markup", "element", "join"]


class Markup(str):
    """Text that is markup already; everything else is escaped."""

    __slots__ = ()


def element(name: str, /, *children: str | None, **attributes: str | float | bool | None) -> Markup:
    """One element with its children.

    Parameters
    ----------
    name : str
    *children : str or None
        `Markup` goes in as it is, other text escaped, None not at all.
    **attributes : str, float, bool or None
        ``class_`` is ``class`` and ``data_kind`` is ``data-kind``; True stands alone,
        False and None are left out; numbers are rounded to two decimals.
    """
    written = "".join(
        _attribute(key.rstrip("_").replace("_", "-"), value)
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    inner = "".join(_escaped(child) for child in children if child is not None)
    return Markup(f"<{name}{written}>{inner}</{name}>")


def join(parts: list[Markup]) -> Markup:
    """Markup one after the other."""
    return Markup("".join(parts))


def _attribute(key: str, value: str | float | bool) -> str:
    if value is True:
        return f" {key}"
    shown = value if isinstance(value, str) else f"{round(value, 2):g}"
    return f' {key}="{html.escape(shown, quote=True)}"'


def _escaped(child: str) -> str:
    return child if isinstance(child, Markup) else html.escape(child, quote=True)
