"""Where the files that are not Python live: the grammars and the zoo of published networks.

In a checkout they are top-level folders beside the package, because people read them first; a wheel
carries them inside the package. Nothing else in netlang knows of the two places.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path

from netlang.ground.natural import natural

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def _folder(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def grammar(name: str) -> Path:
    """The grammar `name`, say "net" for grammars/net.lark."""
    return _folder("grammars") / f"{name}.lark"


def zoo_dir() -> Path:
    """The folder of the published networks; their blocks are in its folder `blocks`."""
    return _folder("zoo")


def zoo_networks() -> dict[str, Path]:
    """Every network of the zoo by its name, in the order that a person would count them."""
    found = {path.stem: path for path in zoo_dir().glob("*.net")}
    return {name: found[name] for name in sorted(found, key=natural)}


@cache
def code_digest(folder: str = "") -> str:
    """Twelve digits that change with the modules of netlang, or with those of a folder of it."""
    modules = sorted((_PACKAGE / folder).rglob("*.py"))
    return sha256(b"".join(module.read_bytes() for module in modules)).hexdigest()[:12]
