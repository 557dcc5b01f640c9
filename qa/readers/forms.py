"""What was filled into a PDF: values of its form's fields, and notes written over a page."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, NamedTuple

import pypdfium2 as pdfium
from pypdfium2 import raw

from qa.documents import canonical_text

__all__ = ["Filled", "filled_in"]

_MAX_FIELDS = 5_000
_MAX_OPTIONS = 1_000
_MAX_VALUE = 2**20
_PASSWORD = 1 << 13
_UNSEEN = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW
_BUTTONS = frozenset({raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON})
_WRITTEN = frozenset(
    {raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX}
)
_CHECKED = "[x]"


class Filled(NamedTuple):
    """What was filled in, and where it lies; `leads` is whether it belongs to what follows it."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    leads: bool = False


def filled_in(page: pdfium.PdfPage, form: Any) -> list[Filled]:
    """Read what was filled into a page's fields or written over it, from its head down.

    Parameters
    ----------
    page : PdfPage
    form : FPDF_FORMHANDLE or None
        Of the document; None where it names no form.
    """
    found: list[Filled] = []
    for number in range(min(raw.FPDFPage_GetAnnotCount(page), _MAX_FIELDS)):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        try:
            text, leads = _value(annotation, form)
            place = raw.FS_RECTF()
            if text and raw.FPDFAnnot_GetRect(annotation, place):
                sides = place.left, place.bottom, place.right, place.top
                found.append(Filled(text, *sides, leads))
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    return sorted(found, key=lambda filled: (-filled.top, filled.left))


def _value(annotation: Any, form: Any) -> tuple[str, bool]:
    """What a field or a note holds, and whether it is a mark that leads its label."""
    subtype = raw.FPDFAnnot_GetSubtype(annotation)
    text, leads = "", False
    if raw.FPDFAnnot_GetFlags(annotation) & _UNSEEN:
        pass
    elif subtype == raw.FPDF_ANNOT_FREETEXT:
        text = _entry(annotation, b"Contents")
    elif subtype == raw.FPDF_ANNOT_WIDGET and form:
        kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
        if kind in _BUTTONS:
            leads = True
            text = _CHECKED if raw.FPDFAnnot_IsChecked(form, annotation) else ""
        elif kind in _WRITTEN:
            is_secret = raw.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD
            text = "" if is_secret else _chosen(annotation, form) or _written(annotation, form)
    elif subtype == raw.FPDF_ANNOT_WIDGET and _entry(annotation, b"FT") == "Tx":
        flags = ctypes.c_float()
        raw.FPDFAnnot_GetNumberValue(annotation, b"Ff", flags)
        text = "" if int(flags.value) & _PASSWORD else _entry(annotation, b"V")
    return " ".join(canonical_text(text).split()), leads


def _chosen(annotation: Any, form: Any) -> str:
    """The choices that a person made, as they are shown and not as they are sent."""
    return ", ".join(
        _string(
            lambda *to, option=option: raw.FPDFAnnot_GetOptionLabel(form, annotation, option, *to)
        )
        for option in range(min(raw.FPDFAnnot_GetOptionCount(form, annotation), _MAX_OPTIONS))
        if raw.FPDFAnnot_IsOptionSelected(form, annotation, option)
    )


def _written(annotation: Any, form: Any) -> str:
    # For fields that share a name by mistake PDFium returns the first one's value.
    return _entry(annotation, b"V") or _string(
        lambda *to: raw.FPDFAnnot_GetFormFieldValue(form, annotation, *to)
    )


def _entry(annotation: Any, key: bytes) -> str:
    return _string(lambda *to: raw.FPDFAnnot_GetStringValue(annotation, key, *to))


def _string(fill: Callable[[Any, int], int]) -> str:
    size = fill(None, 0)
    if not 2 < size <= _MAX_VALUE:
        return ""
    buffer = ctypes.create_string_buffer(size)
    fill(ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), size)
    return buffer.raw[: size - 2].decode("utf-16-le", "replace")
