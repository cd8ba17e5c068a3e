"""The page as one file: its template with styles, scripts and networks put in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from netlang.backends.draw.column import Column, shades_of
from netlang.backends.draw.legend import MEANINGS
from netlang.backends.draw.style import View
from netlang.backends.page.model import network, whole
from netlang.ir.graph import Graph
from netlang.pictures.palette import PALETTES, Size, Theme, told

PLAIN = -1
"""The number of the plain colour among those of stages."""

_HERE = Path(__file__).parent
_ASSETS = _HERE / "assets"

# Each may use what stands before it as soon as it is read, and all of it once the page has started.
SCRIPTS = """
model state measure regions tangle layout svg paint camera select panel search toolbar keys start
""".split()


def to_html(*graphs: Graph, view: View | None = None) -> str:
    """Networks side by side as a page that can be explored; `view` is what it shows at first."""
    view = view or View()
    columns = [whole(graph) for graph in graphs]
    stages = _stages(columns, view)
    return Template((_ASSETS / "page.html").read_text()).substitute(
        title=escape(view.title or ", ".join(graph.name for graph in graphs)),
        theme=view.theme,
        style="\n".join([*map(_variables, PALETTES), (_ASSETS / "page.css").read_text()]),
        data=_embedded(_data(columns, stages, view)),
        layout=(_HERE / "vendor" / "dagre.min.js").read_text(),
        script="\n".join((_ASSETS / f"{name}.js").read_text() for name in SCRIPTS),
    )


def _data(columns: list[Column], stages: Mapping[Size, int], view: View) -> dict[str, Any]:
    kinds = {link.kind for column in columns for link in column.links}
    return {
        "view": asdict(view),
        "networks": [network(column, stages) for column in columns],
        "sizes": [[said, stage] for stage, said in told(stages).items()],
        "kinds": {kind: meaning for kind, meaning in MEANINGS.items() if kind in kinds},
    }


def _stages(columns: list[Column], view: View) -> dict[Size, int]:
    """The number of each size's colour in every palette; single pixels have the plain one."""
    shades = shades_of(columns, view.palette)
    found = {size: view.palette.stages.index(shade) for size, shade in shades.items()}
    has_pixels = any((1, 1) in column.sizes.values() for column in columns)
    return {**found, (1, 1): PLAIN} if has_pixels else found


def _variables(theme: Theme) -> str:
    """The colours of a theme for the style sheet."""
    palette = PALETTES[theme]
    own = {name: getattr(palette, name) for name in ("paper", "text", "faint", "shortcut")}
    own["flow"] = palette.line  # `line` is a stage's
    blocks = [_rule(f'[data-theme="{theme}"]', own)]
    for number, colour in enumerate((palette.plain, *palette.stages), start=PLAIN):
        blocks.append(_rule(f'[data-theme="{theme}"] .stage{number}', asdict(colour)))
    return "\n".join(blocks)


def _rule(selector: str, colours: Mapping[str, str]) -> str:
    return f"{selector} {{ {' '.join(f'--{name}: {value};' for name, value in colours.items())} }}"


def _embedded(data: Any) -> str:
    """JSON that no parser of HTML takes for a tag."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
