"""`netlang draw`: what the picture holds, and that it is whole or absent."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given, settings

from netlang.backends.draw import View, to_diff_dot, to_dot
from netlang.commands import main
from netlang.device import Target
from netlang.diagnostic import Source
from netlang.diff import compare
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.lower.printed import parse_graph
from netlang.passes import optimize
from tests.conftest import Refusal
from tests.random_graphs import graphs

BOX = re.compile(r'^\t+"?([\w.]+)"? \[label', re.MULTILINE)
EDGE = re.compile(r'^\t+"?([\w.]+)"? -> "?([\w.]+)"?', re.MULTILINE)


def test_the_source_says_what_the_network_is() -> None:
    source = to_dot(load("resnet18"), view=View(flat=True))
    assert source == to_dot(load("resnet18"), view=View(flat=True))
    assert '"conv2_x.basic_1.conv_1" [label="3x3 conv, 64\nbn, relu"' in source
    assert 'conv_1 [label="7x7 conv, 64, /2\nbn, relu\n→ 64x112x112"' in source
    assert 'linear_1 [label="fc 1000\nsoftmax"' in source  # one pixel before and after
    assert source.count("subgraph cluster_conv") == 4
    assert source.count('label="+  relu"') == 8  # a residual sum a block
    assert source.count("style=dotted") == 2 * 3 + 1  # to a projection and from it; the legend


def test_a_title_and_a_legend() -> None:
    source = to_dot(load("resnet18"), view=View(title='a "b" \\n'))
    assert r'label="a \"b\" \\n" labelloc=t' in source
    assert "what one kernel computes" not in source
    assert "what one kernel computes" in to_dot(optimize(load("resnet18")).graph)
    one_size = load(Source("n.net", "net n { input 3x8x8; conv 3x3, 4 -> relu }"))
    assert "cluster legend" not in to_dot(one_size)


def test_the_legend_has_the_colours_of_the_sizes() -> None:
    source = to_dot(load("alexnet"), load("resnet18"))
    said = re.findall(r'"meaning of size \w+" \[label="([^\\]*)', source)
    assert said == ["112x112 pixels", "56x56 to 55x55 pixels"] + [
        f"{a} to {b} pixels" for a, b in (("28x28", "27x27"), ("14x14", "13x13"), ("7x7", "6x6"))
    ]
    names = "legend size 56x56", "2.conv2_x.basic_1.conv_1"
    fills = [re.search(rf'"{x}" \[[^]]*fillcolor="(#\w+)"', source) for x in names]
    assert (
        len({fill.group(1) if fill else name for fill, name in zip(fills, names, strict=True)}) == 1
    )


def test_a_frame_has_the_colour_of_what_it_gives() -> None:
    source = to_dot(load("vgg19"), load("resnet34"))
    frame = re.search(r'cluster_1.convs_1" \{\n\s*color="(#\w+)"', source)  # gives 112x112
    box = re.search(r'"2.conv_1" \[label="[^"]*→ 64x112x112" color="(#\w+)"', source)
    assert frame
    assert box
    assert frame.group(1) == box.group(1)


def test_what_has_no_kernel_is_dashed_among_kernels() -> None:
    optimized = to_dot(optimize(load("googlenet")).graph)
    dashed = re.findall(r'label="?(\w+)[^"\]]*"? .*style="rounded,filled,dashed"', optimized)
    assert dashed == ["input"] + 9 * ["concat"]
    assert "dashed" not in to_dot(load("googlenet"))


def test_a_block_alone(tmp_path: Path) -> None:
    """Szegedy et al. 2014, Figure 2(b)."""
    path = tmp_path / "inception.dot"
    assert main(["draw", "googlenet", "--block", "inception", "-o", str(path)]) == 0
    source = path.read_text()
    assert len(BOX.findall(source)) == 1 + 7 + 1
    assert ("input", "conv_1") in EDGE.findall(source)
    assert source.count("-> concat_1") == 4


def test_kernels_are_those_of_the_target(tmp_path: Path) -> None:
    def drawn(*words: str) -> str:
        path = tmp_path / "googlenet.dot"
        assert main(["draw", "googlenet", "-O", "-o", str(path), *words]) == 0
        return path.read_text()

    options = "--device", "a100-80gb", "--dtype", "tf32", "--batch", "256"
    target = Target.of("a100-80gb", "tf32", 256)
    assert drawn(*options) == to_dot(optimize(load("googlenet"), target=target).graph) != drawn()


@pytest.mark.parametrize("option", ["--device=h100", "--batch=1", "--dtype=tf32"])
def test_what_is_drawn_as_written_is_for_no_target(option: str, refused: Refusal) -> None:
    refused(["draw", "resnet18", option], f"'{option.partition('=')[0]}' is for '-O'")


def test_repeats_are_folded() -> None:
    source = to_dot(load("resnet152"))
    assert re.findall(r'label="(×\d+)\\r"', source) == ["×2", "×7", "×35", "×2"]
    assert source.count('label="+  relu"') == 8
    assert "×" not in to_dot(load("resnet152"), view=View(flat=True))
    unfolded = to_dot(load("resnet152"), view=View(expand=("conv4_x",)))
    assert unfolded.count('label="+  relu"') == 2 + 2 + 36 + 2


def test_what_follows_a_repeat_is_not_repeated() -> None:
    graph = parse_graph("""
    graph g {
      %input = input() shape=8x4x4 : 8x4x4
      %a_1.conv = conv(%input) kernel=3x3, out=8 : 8x4x4
      %a_2.conv = conv(%a_1.conv) kernel=3x3, out=8 : 8x4x4
      %relu = relu(%a_2.conv) : 8x4x4
      output %relu
    }
    """)
    source = to_dot(graph)
    assert '"a_1.conv" [label="3x3 conv, 8" ' in source
    assert "relu [label=relu " in source


def test_depth_makes_boxes_of_groups() -> None:
    source = to_dot(load("resnet152"), view=View(depth=1))
    assert 'label="bottleneck  ×35\n1x1 conv, 256\n3x3 conv, 256\n1x1 conv, 1024"' in source
    assert '1x1 conv, 1024\nprojection: 1x1 conv, 1024, /2"' in source
    assert 'label="conv4_x\n' in to_dot(load("resnet152"), view=View(depth=0))


@pytest.mark.parametrize("network", ["resnet50", "googlenet", "alexnet"])
def test_an_optimized_graph_has_a_box_a_kernel(network: str) -> None:
    graph = optimize(load(network)).graph
    kernels = [node.name for node in graph if node.op.name != "slice"]
    assert sorted(BOX.findall(to_dot(graph, view=View(flat=True)))) == sorted(kernels)


def test_a_kernel_says_what_it_computes() -> None:
    source = to_dot(optimize(load("resnet50")).graph, view=View(flat=True))
    assert '"7x7 conv, 64, /2, relu\n3x3 max pool, /2\n→ 64x56x56"' in source
    assert '"1x1 conv, 1024\n+ 1x1 conv, 1024\nrelu"' in source  # a projection and what it joins
    assert '"1x1 conv, 512, add, relu\n1x1 conv, 128, relu"' in source
    assert '"conv3_x\\l512x14x14\\l' in source  # not what it computes of conv4_x besides


def test_what_is_launched_together_stands_side_by_side() -> None:
    source = to_dot(optimize(load("googlenet")).graph, view=View(shapes=True))
    cells = r"{1x1 conv, 176, relu|3x3 max pool\n1x1 conv, 32, relu}"
    assert f'label="{{{cells}|→ (64 + 96 + 16 + 32)x28x28}}"' in source
    turned = to_dot(optimize(load("googlenet")).graph, view=View(horizontal=True))
    assert f'label="{cells}"' in turned


def test_a_group_s_layers_are_counted_as_they_were_written() -> None:
    # conv5_x begins with a block of three convolutions and a projection (He et al. 2015, Table 1).
    source = to_dot(optimize(load("resnet50")).graph, view=View(depth=1))
    assert 'label="bottleneck\n4 layers"' in source


def test_what_reads_a_kernel_s_results_hangs_on_its_box() -> None:
    edges = EDGE.findall(to_dot(optimize(load("googlenet")).graph))
    first, second = (f"inception_3a.{name}_together" for name in ("conv_1_siblings", "conv_3"))
    concat = "inception_3a.concat_1"
    inside = [edge for edge in edges if edge[0].startswith("inception_3a") and edge[0] != concat]
    assert inside == [(first, second), (first, concat), (second, concat)]


def test_shapes_and_parameters() -> None:
    source = to_dot(load("resnet50"), view=View(shapes=True, params=True))
    assert 'label="resnet50\n25.6M params"' in source  # Table 1: 25.6 million
    assert 'label="3x3 conv, 64\nbn, relu\n→ 64x56x56\n37.0k params"' in source


@pytest.mark.parametrize("depth", [None, 0, 1])
def test_of_what_repeats_parameters_are_those_of_each(depth: int | None) -> None:
    """He et al. 2015, Table 1: three convolutions, with their batch norms, in each of 35 blocks."""
    source = to_dot(load("resnet152"), view=View(params=True, depth=depth))
    ways = {
        None: "bn, relu\n590k params each",
        0: "109 layers\n→ 1024x14x14\n40.6M params",
        1: "1x1 conv, 1024\n1.12M params each",
    }
    assert f'{ways[depth]}"' in source


@pytest.mark.parametrize("depth", [None, 0])
def test_a_long_name_of_a_group_loses_its_middle(depth: int | None) -> None:
    name = "a_name_of_a_group_that_nobody_can_read_at_one_glance"
    net = load(Source("n.net", f"net n {{ input 3x8x8; group {name} {{ conv 3x3, 8 }} }}"))
    assert re.findall(r'label="(\w*…\w*)', to_dot(net, view=View(depth=depth))) == [
        "a_name_of_a_gr…d_at_one_glance"
    ]


@pytest.mark.parametrize("depth", [None, 0])
def test_a_head_is_for_training_only(depth: int | None) -> None:
    source = to_dot(load("googlenet"), view=View(depth=depth))
    assert re.findall(r'label="(aux\d[^\\\n]*)', source) == [
        "aux1, training only",
        "aux2, training only",
    ]


def test_a_removed_head_is_marked_too() -> None:
    source = to_diff_dot(compare(load("googlenet"), load("resnet18")))
    assert "− aux1, training only" in source


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("split parts=4, part=1", "split, 2 of 4"),
        ("shuffle 2", "shuffle, 2 groups"),
        ("upsample 2", "2x2 upsample"),
        ("upsample 3x2, mode=bilinear", "3x2 bilinear upsample"),
    ],
)
def test_a_layer_that_moves_values_says_how(layer: str, said: str) -> None:
    net = load(Source("n.net", f"net n {{ input 8x8x8; {layer}; conv 3x3, 4 }}"))
    assert f'"{said}' in to_dot(net)


def test_what_heads_learn_is_told_apart() -> None:
    plain, optimized = load("googlenet"), optimize(load("googlenet")).graph
    assert "7.00M params, 13.4M in training" in to_dot(plain, view=View(params=True))
    assert "in training" not in to_dot(optimized, view=View(params=True))


def test_a_network_that_learns_nothing_beside_one_that_does(tmp_path: Path) -> None:
    source = tmp_path / "pool.net"
    source.write_text("net pool { input 3x32x32; avgpool global }")
    path = str(tmp_path / "a.dot")
    assert main(["draw", str(source), "--diff", "resnet20", "--params", "-o", path]) == 0
    assert "0 params → 270k params" in Path(path).read_text()


def test_a_theme_changes_colours_alone() -> None:
    light, dark = (to_dot(load("resnet18"), view=View(theme=t)) for t in ("light", "dark"))
    colour = re.compile(r'"#[0-9a-f]{6}"')
    assert light != dark
    assert colour.sub("", light) == colour.sub("", dark)


@pytest.mark.parametrize(
    "view", [View(), View(flat=True), View(depth=0), View(depth=1), View(horizontal=True)]
)
@pytest.mark.parametrize("network", ["googlenet", "resnet34", "resnet20", "vgg19"])
def test_every_edge_joins_two_boxes(network: str, view: View) -> None:
    source = to_dot(load(network), view=view)
    boxes = BOX.findall(source)
    assert len(boxes) == len(set(boxes))
    assert {end for edge in EDGE.findall(source) for end in edge} == set(boxes)


@given(graphs(most=30))
@settings(max_examples=40, deadline=None)
def test_any_graph_is_drawn_whole(graph: Graph) -> None:
    for drawn in (graph, optimize(graph).graph):
        source = to_dot(drawn)
        boxes = set(BOX.findall(source))
        assert {end for edge in EDGE.findall(source) for end in edge} <= boxes
        assert {node.name for node in drawn if node.op.family == "conv"} <= boxes


def test_several_networks_share_nothing() -> None:
    source = to_dot(load("vgg19"), load("plain34"), load("resnet34"))
    assert {start[0] + end[0] for start, end in EDGE.findall(source)} == {"11", "22", "33"}
    assert [re.search(f"label={name}", source) is None for name in ("vgg19", "plain34")] == [0, 0]


@pytest.mark.parametrize("network", ["alexnet", "resnet50"])
def test_svg(network: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "picture.svg"
    assert main(["draw", network, "-o", str(target)]) == 0
    assert "picture.svg" in capsys.readouterr().out
    texts = {text.text for text in ET.parse(target).iter("{http://www.w3.org/2000/svg}text")}
    assert network in texts
    assert "fc 1000" in texts


@pytest.mark.parametrize(("suffix", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_a_picture_may_be_reduced(
    suffix: str, magic: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / f"picture.{suffix}"
    assert main(["draw", "plain20", "-o", str(target)]) == 0
    assert not capsys.readouterr().err
    assert main(["draw", "plain1202", "--flat", "-o", str(target)]) == 0
    assert target.read_bytes().startswith(magic)
    assert capsys.readouterr().err.startswith("reduced to ")


def test_the_picture_is_named_after_the_networks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["draw", "resnet18", "resnet34", "-O", "--depth", "0"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["resnet18-resnet34.svg"]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["-o", "a.bmp"], "netlang does not draw '.bmp' files"),
        (["-o", "a.bmp"], "end the name with .svg, .png, .pdf, .dot or .html: -o a.svg"),
        (["--depth", "0", "--flat"], "'--depth 0' takes no '--flat'"),
        (["--block", ""], "'resnet18' has no block or group ''"),
        (["--title", "a\x01"], "'--title' has a character that no picture shows"),
        (["--title", "a\udcff"], "'--title' has a character that no picture shows"),
        (["lost1", "lost2"], "no network of the zoo named 'lost2'"),
        (["--diff", "lost1", "--set", "x=1"], "no network of the zoo named 'lost1'"),
        (["--depth", "-1"], "'--depth -1' is below 0"),
        (["--expand", "conv9_x"], "there is no group 'conv9_x' to expand"),
        (["--expand", "conv4"], "did you mean 'conv4_x'?"),
    ],
)
def test_what_cannot_be_drawn(argv: list[str], message: str, refused: Refusal) -> None:
    refused(["draw", "resnet18", *argv], message)


def test_every_projection_of_a_box_is_told_from_the_way_through() -> None:
    shortcut = "shortcut B { conv 3x3, 8, stride=2 }"
    net = load(Source("n.net", f"net n {{ input 3x8x8; group g {{ {shortcut}; {shortcut} }} }}"))
    assert to_dot(net, view=View(depth=0)).count("projection: 1x1 conv") == 2
