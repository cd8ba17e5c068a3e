"""How well a colour is read on another (WCAG 2.2, "contrast ratio"): text takes 4.5."""

from __future__ import annotations

READABLE = 4.5


def contrast(one: str, other: str) -> float:
    """From 1 to 21, of two colours as `#rrggbb`."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    shares = (part / 255 for part in bytes.fromhex(colour[1:]))
    linear = (x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in shares)
    return sum(weight * x for weight, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
