from __future__ import annotations

import re

import pytest

from qa.ui.app import asset


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of ``#rrggbb``."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [":root", ".dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        *((ink, ground) for ink in ("ink", "soft") for ground in ("ground", "paper", "raised")),
        *((ink, "hover") for ink in ("ink", "soft")),
        *(("accent", ground) for ground in ("ground", "paper", "raised", "accent-wash")),
        *(("warn", ground) for ground in ("ground", "paper")),
        *(("ink", "mark"), ("soft", "mark"), ("mark-ink", "mark-now"), ("paper", "accent")),
    ],
)
def test_text_stands_out_enough(scheme: str, ink: str, ground: str) -> None:
    css = asset("chat.css")
    colours: dict[str, str] = {}
    for name in (":root", scheme):
        block = css.split(f"{name} {{")[1].split("}")[0]
        colours |= dict(re.findall(r"--qa-([\w-]+): (#[0-9a-f]{6});", block))
    one, two = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
    assert (one + 0.05) / (two + 0.05) >= 4.5
