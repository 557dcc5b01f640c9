"""How well what a page shows stands out, as Chromium has drawn it."""

from __future__ import annotations

from playwright.sync_api import Page

__all__ = ["faint"]

# Each text that is in view, with its colour and that of what lies under it where it is drawn:
# WCAG 2.2, 1.4.3. What is disabled or only decorates needs no contrast.
_FAINT = r"""() => {
    const channels = (colour) => {
        const context = (window.qaInk ??= document.createElement("canvas").getContext("2d", {
            willReadFrequently: true,
        }));
        context.clearRect(0, 0, 1, 1);
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
        return [red, green, blue, alpha / 255];
    };
    const over = (top, ground) =>
        [0, 1, 2].map((n) => top[n] * top[3] + ground[n] * (1 - top[3])).concat(1);
    const luminance = (colour) => {
        const [red, green, blue] = colour.slice(0, 3).map((value) => {
            const part = value / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const found = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = texts.nextNode()); ) {
        if (!node.data.trim()) continue;
        const owner = node.parentElement;
        if (owner.closest("[hidden], :disabled, [aria-hidden=true], script, style")) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const box = [...range.getClientRects()].find((each) => each.width > 2 && each.height > 2);
        if (!box) continue;
        const x = box.left + Math.min(box.width / 2, 4), y = box.top + box.height / 2;
        const stack = document.elementsFromPoint(x, y);
        // Covered, cut off or out of view.
        const top = stack[0];
        if (!top || !(owner.contains(top) || top.contains(owner))) continue;
        if (getComputedStyle(owner).clipPath !== "none") continue;
        let ground = [255, 255, 255, 1], opacity = 1;
        for (const each of [...stack].reverse()) {
            ground = over(channels(getComputedStyle(each).backgroundColor), ground);
        }
        for (let each = owner; each; each = each.parentElement) {
            opacity *= +getComputedStyle(each).opacity;
        }
        if (opacity === 0) continue;
        const style = getComputedStyle(owner);
        const ink = channels(style.color);
        ink[3] *= opacity;
        const [one, two] = [luminance(over(ink, ground)), luminance(ground)];
        const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
        const size = parseFloat(style.fontSize);
        const isLarge = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
        if (contrast < (isLarge ? 3 : 4.5)) {
            const said = node.data.trim().slice(0, 40);
            found.push(`${contrast.toFixed(2)}: ${said} (${owner.className})`);
        }
    }
    return found;
}"""


def faint(page: Page) -> list[str]:
    """What of the text in view has too little contrast (AA) with what it is drawn on."""
    found: list[str] = page.evaluate(_FAINT)
    return found
