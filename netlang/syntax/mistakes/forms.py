"""How each keyword is written, for the help lines."""

from __future__ import annotations

from netlang.syntax.site import Site

FORMS = {
    "USE": 'use NAME, NAME from "path.net"',
    "BLOCK": "block NAME(params) { … }",
    "NET": "net NAME(params) { … }",
    "INSTANCE": "net NAME = NET(params)",
    "GROUP": "group NAME { … }",
    "SHORTCUT": "shortcut MODE { … }",
    "BRANCHES": "branches JOIN { | … | … }",
    "REPEAT": "repeat COUNT as i { … }",
    "IF": "if CONDITION { … } else { … }",
    "ELSE": "if CONDITION { … } else { … }",
    "LET": "let NAME = VALUE",
    "AUX": "aux NAME, weight=0.3 { … }",
    "FROM": "from NAME, NAME -> LAYER",
    "AS": "LAYER as NAME",
    "TRAIN": "train { WORD …; WORD … }",
    "EVAL": "eval { WORD …; WORD … }",
}

CHOOSING = "choose ahead of it: let NAME = if CONDITION { VALUE } else { VALUE }"
"""How a value is chosen."""


def form(site: Site) -> str:
    """How the construct at hand is written, or nothing where it is a plain call."""
    if site.before.type == "AS":
        return f"write '{FORMS['AS']}'"
    owner = site.owner
    if owner is None:
        return ""
    types = [word.type for word in site.element]
    is_instance = owner.type == "NET" and "EQUAL" in types and "LPAR" not in types[:3]
    return f"write '{FORMS['INSTANCE' if is_instance else owner.type]}'"
