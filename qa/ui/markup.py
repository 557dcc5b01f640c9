"""Pieces of HTML that several parts of the page are made of: icons, small buttons, sizes."""

from __future__ import annotations

from qa.faces.markup import Markup, element
from qa.faces.printing import counted

__all__ = ["DOT", "ICONS", "file_size", "tool"]

DOT = Markup(
    '<span class="qa-dot" aria-hidden="true">·</span><span class="qa-hidden">, </span><wbr>'
)
"""Between two facts, which may stand on two lines; read out as a pause."""

_SVG = (
    '<svg class="qa-icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" '
    'fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" '
    'stroke-linejoin="round">{}</svg>'
)

ICONS = {
    name: Markup(_SVG.format(paths))
    for name, paths in {
        "checked": '<circle cx="8" cy="8" r="6.2"/><path d="m5.4 8.2 1.9 1.9 3.4-3.9"/>',
        "partial": '<circle cx="8" cy="8" r="6.2"/><path d="M8 4.6v3.8M8 11.1v.1"/>',
        "quoted": '<path d="M6.4 4.2C4.4 5 3.4 6.5 3.4 8.6v2.6h3.2V8.4H5'
        'M12.4 4.2c-2 .8-3 2.3-3 4.4v2.6h3.2V8.4H11"/>',
        "nothing": '<circle cx="7" cy="7" r="4.4"/><path d="m10.3 10.3 3.3 3.3M5.4 7h3.2"/>',
        "stopped": '<rect x="4" y="4" width="8" height="8" rx="1.2"/>',
        "failed": '<path d="M8 2.4 14.2 13H1.8Z"/><path d="M8 6.6v2.8M8 11.2v.1"/>',
        "document": '<path d="M4 2.2h5.2L12.4 5.4v8.4H4Z"/><path d="M9 2.4v3.2h3.2"/>',
        "copy": '<rect x="5.4" y="5.4" width="8" height="8" rx="1.4"/>'
        '<path d="M10.6 5.4V4a1.4 1.4 0 0 0-1.4-1.4H4A1.4 1.4 0 0 0 2.6 4v5.2'
        'A1.4 1.4 0 0 0 4 10.6h1.4"/>',
        "again": '<path d="M13 8a5 5 0 1 1-1.5-3.6M13 2.6v2.6h-2.6"/>',
        "edit": '<path d="m3 13 .6-2.8 7.4-7.4 2.2 2.2-7.4 7.4Z"/>',
        "back": '<path d="M9.8 3.6 5.4 8l4.4 4.4"/>',
        "forward": '<path d="M6.2 3.6 10.6 8l-4.4 4.4"/>',
        "add": '<path d="M8 3.2v9.6M3.2 8h9.6"/>',
        "folder": '<path d="M2 4.2h4.2l1.4 1.6H14v7H2Z"/>',
        "remove": '<path d="M3.4 4.4h9.2M6.2 4.2V2.8h3.6v1.4M4.6 4.6l.6 8.6h5.6l.6-8.6"/>',
        "find": '<circle cx="7" cy="7" r="4.4"/><path d="m10.3 10.3 3.3 3.3"/>',
        "close": '<path d="m4 4 8 8M12 4l-8 8"/>',
    }.items()
}


def file_size(count: int) -> str:
    """Bytes as people read them: "12 kB", "3.4 MB"."""
    if count < 1000:
        return counted(count, "byte")
    if count < 999_500:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e6:.1f} MB"


def tool(icon: str, label: str, **attributes: str | bool) -> Markup:
    """Make a small button with one of the `ICONS` before its label."""
    return element(
        "button",
        ICONS[icon],
        element("span", label),
        type="button",
        class_="qa-tool",
        **attributes,
    )
