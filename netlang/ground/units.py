"""Numbers as people read them."""

from __future__ import annotations

from math import floor, log10

_PREFIXES = {0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E", -3: "m", -6: "µ", -9: "n"}


def si(number: float, unit: str = "", trim: bool = False) -> str:
    """Three digits and a prefix: `si(51_060_944, "B")` is "51.1 MB", without a unit "51.1M".

    What is counted, an `int`, is told as it is below 1000: "40 B". `trim` drops zeros behind the
    point, for numbers that are round by nature: "3 TB/s".
    """
    if not number:
        return f"0 {unit}".rstrip()
    if isinstance(number, int) and abs(number) < 1000:
        return f"{number} {unit}".rstrip()
    # Rounded first: 999.9 is 1.00 k.
    number = float(f"{number:.2e}")
    exponent = min(18, max(-9, 3 * floor(log10(abs(number)) / 3)))
    scaled = number / 10.0**exponent
    digits = max(0, 2 - floor(log10(abs(scaled))))
    text = f"{scaled:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if trim and "." in text else text
    return f"{text}{' ' if unit else ''}{_PREFIXES[exponent]}{unit}"


def percent(share: float) -> str:
    """A part of one, with two digits where it is small."""
    return f"{100 * share:.{1 if share < 0.0995 else 0}f}%"


def clock(seconds: float) -> str:
    """`4:41`, `2:04:41`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def rate(images_per_second: float) -> str:
    """`47.4k images/s`, `0.0840 images/s`."""
    slow = f"{images_per_second:#.3g}"  # a prefix below one would read as millions
    return f"{slow if images_per_second < 1 else si(images_per_second)} images/s"
