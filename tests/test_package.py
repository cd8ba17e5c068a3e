"""What `pip install .` gives: the wheel alone, in a folder and an environment of its own."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from netlang.ground.resources import grammar, zoo_dir, zoo_networks

ROOT = Path(__file__).parent.parent

# Built and installed once: both tests run in one worker.
pytestmark = pytest.mark.xdist_group("package")


def pip(*arguments: str | Path) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--quiet", *arguments], check=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by the backend of this environment, so that no network is needed."""
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    return next(folder.glob("netlang-*.whl"))


@pytest.fixture(scope="module")
def netlang(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, in an environment that has the wheel and borrows the libraries from ours.

    The borrowed folder's own .pth files are not read, so the checkout stays out of sight.
    """
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, with_pip=False)
    pip("--python", home / "bin/python", "install", "--no-deps", "--no-index", wheel)
    site = next(home.glob("lib/python*/site-packages"))
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    return home / "bin/netlang"


def run(netlang: Path, folder: Path, *arguments: str) -> str:
    """What the command prints when it is called from `folder`."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [netlang, *arguments], cwd=folder, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_carries_the_grammars_and_the_zoo(wheel: Path) -> None:
    carried = set(zipfile.ZipFile(wheel).namelist())
    grammars = {f"netlang/grammars/{path.name}" for path in grammar("net").parent.glob("*.lark")}
    networks = {f"netlang/zoo/{path.relative_to(zoo_dir())}" for path in zoo_dir().rglob("*.net")}
    assert grammars
    assert networks
    assert grammars | networks <= carried
    assert not [name for name in carried if name.startswith(("tests", "zoo", "grammars"))]


def test_the_zoo_is_found_from_any_folder(netlang: Path, tmp_path: Path) -> None:
    inside = netlang.parent.parent
    assert Path(run(netlang, tmp_path, "zoo", "--path").strip()).is_relative_to(inside)
    listed = [line.split()[0] for line in run(netlang, tmp_path, "zoo").splitlines()]
    assert listed == list(zoo_networks())


def test_a_network_is_checked_from_any_folder(netlang: Path, tmp_path: Path) -> None:
    assert "60,192,808 parameters" in run(netlang, tmp_path, "check", "resnet152")


def test_an_installed_netlang_draws_a_page(netlang: Path, tmp_path: Path) -> None:
    run(netlang, tmp_path, "draw", "resnet18", "-o", "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "dagre" in page
    assert "</html>" in page
