"""Where the path of a `use` leads: beside the file that says it, or else into the zoo."""

from __future__ import annotations

from pathlib import Path

from netlang.diagnostic import did_you_mean, error
from netlang.ground.resources import zoo_dir
from netlang.syntax import ast


def project_root(path: Path) -> Path:
    """The folder that a file's imports may not leave: the project's, or the file's own."""
    for folder in path.parents:
        if (folder / ".git").exists() or (folder / "pyproject.toml").is_file():
            return folder
    return path.parent


def locate(text: ast.Text, beside: Path, root: Path) -> Path:
    """The file that a `use` in the file `beside` names; raises `NetError`."""
    folders = dict.fromkeys((beside.parent, zoo_dir()))  # one, for a network of the zoo
    candidates = [_real(folder / text.value, text) for folder in folders]
    # What lies outside is not even looked at: an error must not tell whether it is there.
    allowed = [c for c in candidates if c.is_relative_to(root) or c.is_relative_to(zoo_dir())]
    if not allowed:
        raise error(
            f"'{text.value}' leaves the project",
            text.span,
            help="imports stay within the project's folder and the zoo",
        )
    for candidate in allowed:
        if candidate.is_file():
            return candidate
    if text.value and any(candidate.is_dir() for candidate in allowed):
        raise error(f"'{text.value}' is a folder", text.span, help="name a .net file in it")
    near = did_you_mean(text.value, _files_near(allowed, text.value))
    raise error(f"there is no file '{text.value}'", text.span, "not found", near)


def _real(path: Path, text: ast.Text) -> Path:
    try:
        real = path.resolve()
        real.exists()
    except (OSError, RuntimeError, ValueError):
        # Too long a name, a ring of links, a zero byte, or a folder that is closed to the user.
        raise error("no file can be read there", text.span) from None
    return real


def _files_near(paths: list[Path], text: str) -> list[str]:
    folder = Path(text).parent
    return [str(folder / found.name) for p in paths for found in p.parent.glob("*.net")]


def shown(path: Path) -> Path:
    """A path as a person would name it: from where they stand, if it lies below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
