"""Tables and plots of a file of results, from one that is made up."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.gpu.__main__ import main
from benchmarks.gpu.figures import ratio, share, timed
from benchmarks.gpu.plot import to_svg
from benchmarks.gpu.report import report, throughput
from benchmarks.gpu.results import Results
from tests.conftest import Golden

HERE = Path(__file__).parent
MADE_UP = HERE / "made_up.json"
ROWS = Results(MADE_UP).rows


def row(**samples: list[float]) -> dict[str, object]:
    return {"contenders": {name: {"samples": each} for name, each in samples.items()}}


def test_the_sample_says_what_it_is() -> None:
    assert "No figure in this file was measured" in json.loads(MADE_UP.read_text())["note"]


def test_ratio_is_to_the_best_peer() -> None:
    assert ratio(row(netlang=[2.0], torch=[6.0], jax=[3.0])) == 1.5
    assert ratio(row(netlang=[2.0], torch=[1.0])) == 0.5
    assert ratio(row(netlang=[2.0])) is None
    assert ratio(row(torch=[2.0])) is None


def test_a_peer_without_times_is_no_peer() -> None:
    wrong = {"wrong": 1.0, "tolerance": 0.1}
    each = {"contenders": {"netlang": {"samples": [1.0]}, "torch": wrong, "jax": {"failed": ""}}}
    assert set(timed(each)) == {"netlang"}
    assert ratio(each) is None


def test_share_of_the_floor() -> None:
    assert share(1.0, row(netlang=[4.0], torch=[2.0])) == 0.25
    assert share(None, row(netlang=[4.0])) is None
    assert share(1.0, row(torch=[4.0])) is None


def test_tables(golden: Golden) -> None:
    golden(HERE / "made_up.md", report(ROWS))


def test_plot(golden: Golden) -> None:
    svg = to_svg(ROWS).decode()
    golden(HERE / "made_up.svg", svg)
    assert ElementTree.fromstring(svg).tag.endswith("svg")


def test_nothing_measured_is_nothing_shown() -> None:
    assert report([]).strip() == ""


def test_render(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    svg, png = tmp_path / "gpu.svg", tmp_path / "gpu.png"
    main(["--render", str(MADE_UP), "--plot", str(svg), str(png)])
    assert capsys.readouterr().out == report(ROWS)
    assert svg.read_bytes() == to_svg(ROWS)
    assert png.read_bytes().startswith(b"\x89PNG")


def test_a_page_is_filled(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n<!-- table: throughput -->old<!-- end -->\nmore\n")
    other = [{**row, "device": "another"} for row in ROWS]
    (tmp_path / "gpu.json").write_text(json.dumps({"rows": [*ROWS, *other]}))
    main(["--render", str(tmp_path / "gpu.json"), "--fill", str(page)])
    head, *table, end, more = page.read_text().splitlines()[1:]
    assert (head, end, more) == ("<!-- table: throughput -->", "<!-- end -->", "more")
    assert table == list(throughput(ROWS))


def test_no_png_without_its_library(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    main(["--render", str(MADE_UP), "--plot", str(tmp_path / "gpu.png")])
    assert "no " in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "argv",
    [["--only", "resnet51"], ["--against", "tvm"], ["--plot", "a.gif"], ["--render", "none.json"]],
    ids=" ".join,
)
def test_mistakes(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(argv)
    assert argv[1].partition(".")[0] in capsys.readouterr().err


def test_rendering_loads_no_torch() -> None:
    code = (
        "import sys; from benchmarks.gpu.__main__ import main; "
        f"main(['--render', {str(MADE_UP)!r}]); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
