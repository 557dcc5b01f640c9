"""Formulas of web pages in a line: as TeX where the page has that, else from their MathML."""

from __future__ import annotations

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborNode

__all__ = ["formula"]

_TEX = "annotation[encoding*='tex' i]"
# What stands between an element's parts; what is of more than one sign is put in brackets.
_BETWEEN = {
    "msup": ("^",),
    "mover": ("^",),
    "msub": ("_",),
    "munder": ("_",),
    "msubsup": ("_", "^"),
    "munderover": ("_", "^"),
    "mfrac": ("/",),
}
_APART = frozenset({"mtr", "mlabeledtr", "mtd", "mspace"})
_LEFT_OUT = frozenset({"annotation", "annotation-xml", "mphantom", "none", "mprescripts"})
_SINGLE = re.compile(r".?|\d+(?:[.,]\d+)*", re.DOTALL)
_WORD = re.compile(r"\w+")
# End of what is raised or lowered: letters and figures behind it aren't part of it.
_END = "\0"
# More levels of them aren't read by people; looking into each anew would take quadratic time.
_MAX_DEPTH = 50


def formula(math: LexborNode) -> str:
    """Write a formula.

    Parameters
    ----------
    math : LexborNode
        A ``math`` element.

    Returns
    -------
    str
        In one line, as it can be read: ``E=mc^2``.
    """
    tex = math.css_first(_TEX)
    told = tex.text() if tex is not None else math.attributes.get("alttext") or _written(math)
    shown = " ".join(told.split())
    apart = math.attributes.get("display") == "block"
    return f" {shown} " if shown and apart else shown


def _written(math: LexborNode) -> str:
    """Write MathML, without recursion: elements can be deeper than a stack."""
    parts: list[str] = []
    stack: list[tuple[LexborNode | str, int]] = [(math, 0)]
    while stack:
        node, depth = stack.pop()
        if isinstance(node, str):
            parts.append(node)
            continue
        if node.is_text_node:
            text = node.text(deep=False) or ""
            # Applied functions and products are told by signs that aren't seen.
            parts.append(" ".join(text.replace("\u2061", " ").split(" ")).strip("\n\t"))
            continue
        tag = node.tag or ""
        if not node.is_element_node or tag in _LEFT_OUT:
            continue
        if tag in _APART:
            parts.append(" ")
        children = _parts_of(node)
        if (tag in _BETWEEN or tag in {"msqrt", "mroot"}) and depth < _MAX_DEPTH:
            stack += [(part, depth + 1) for part in reversed(_put_together(tag, node, children))]
        else:
            stack += [(child, depth) for child in reversed(children)]
    return re.sub(rf"{_END}+(?=\w)", " ", "".join(parts)).replace(_END, "")


def _put_together(
    tag: str, node: LexborNode, children: Sequence[LexborNode]
) -> list[LexborNode | str]:
    """Parts of an element with the signs that tell how they stand."""
    if tag == "msqrt":
        return ["√", *_grouped(node, children)]
    if tag == "mroot" and len(children) == 2:
        return [*_grouped(children[0]), "^(1/", children[1], ")"]
    marks = _BETWEEN.get(tag, ())
    written: list[LexborNode | str] = []
    for number, child in enumerate(children):
        written += [marks[number - 1]] if 0 < number <= len(marks) else []
        written += _grouped(child)
    return [*written, _END]


def _grouped(
    node: LexborNode, inside: Sequence[LexborNode | str] | None = None
) -> list[LexborNode | str]:
    text = "".join(node.text().split())
    single = _SINGLE.fullmatch(text) or (node.tag in {"mi", "mtext"} and _WORD.fullmatch(text))
    inside = [node] if inside is None else inside
    return [*inside] if single else ["(", *inside, ")"]


def _parts_of(node: LexborNode) -> list[LexborNode]:
    """What an element holds; blanks between elements mean nothing."""
    children = []
    child = node.child
    while child is not None:
        if child.is_element_node or (child.is_text_node and (child.text(deep=False) or "").strip()):
            children.append(child)
        child = child.next
    return children
