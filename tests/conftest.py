"""What every test may use, and the last line of a run."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Golden = Callable[[Path, str], None]
Refusal = Callable[[list[str], str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="rewrite the goldens")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """`golden(path, text)`: the text is what the file says; with --update-goldens, make it so."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-goldens"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"no golden {path}: pytest --update-goldens writes it"
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Refusal:
    """`refused(arguments, message)`: netlang says so with status 1, and writes nothing."""
    from netlang.commands import main

    def check(arguments: list[str], message: str) -> None:
        monkeypatch.chdir(tmp_path)
        assert main(arguments) == 1
        assert message in capsys.readouterr().err
        assert not list(tmp_path.iterdir())

    return check


@pytest.fixture
def net(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of the network that the test's module calls `NET`."""
    path = tmp_path / "tiny.net"
    path.write_text(request.module.NET)
    return path


@pytest.fixture(autouse=True, scope="session")
def user_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What netlang keeps for a user is not looked for, nor left, in the cache of who runs tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Close the run with its count alone on a line, after pytest's own closing line."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or "PYTEST_XDIST_WORKER" in os.environ:
        return
    count = {kind: len(reporter.stats.get(kind, ())) for kind in ("passed", "failed", "error")}
    print(f"{count['passed']} passed, {count['failed'] + count['error']} failed")
