"""A network as a page to explore: one HTML file that needs no network.

The graph's boxes are put into the groups and blocks around them (`scopes`), written down once for
each that is alike (`model`), and given to the scripts in `assets`, which lay them out and draw them
in the browser (`html`).
"""

from __future__ import annotations

from netlang.backends.page.html import to_html

__all__ = ["to_html"]
