"""What each construct of the language becomes, as a printed graph."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from netlang.diagnostic import NetError, Source
from netlang.ir.attributes import Value
from netlang.ir.graph import Graph, verify
from netlang.ir.printer import print_graph
from netlang.lower import load
from netlang.lower.flow import DEEPEST
from netlang.lower.settings import literal


def lowered(text: str, **settings: Value) -> Graph:
    return verify(load(Source("test.net", dedent(text)), **settings))


def lines(body: str, blocks: str = "", **settings: Value) -> list[str]:
    """The graph of a net with this body, one line a node, without the input."""
    text = f"{dedent(blocks)}\nnet n(p = 1) {{\n  input 4x8x8\n{dedent(body)}\n}}\n"
    printed = print_graph(verify(load(Source("test.net", text), **settings))).splitlines()
    return [line.strip() for line in printed[2:-1] if not line.startswith("  output")]


def test_a_chain_and_its_defaults() -> None:
    assert lines("conv 3x3, 6, stride=2 -> bn -> relu\nlinear 10") == [
        "%conv_1 = conv(%input) kernel=3x3, out=6, stride=2x2 : 6x4x4",
        "%bn_1 = bn(%conv_1) : 6x4x4",
        "%relu_1 = relu(%bn_1) : 6x4x4",
        "%linear_1 = linear(%relu_1) out=10 : 10",
    ]


def test_repeats_and_their_variable() -> None:
    assert lines("repeat 2 as i { conv 1x1, 4 * (i + 1) }\n2 x { relu -> tanh }\n2 x relu") == [
        "%conv_1 = conv(%input) kernel=1x1, out=4 : 4x8x8",
        "%conv_2 = conv(%conv_1) kernel=1x1, out=8 : 8x8x8",
        "%relu_1 = relu(%conv_2) : 8x8x8",
        "%tanh_1 = tanh(%relu_1) : 8x8x8",
        "%relu_2 = relu(%tanh_1) : 8x8x8",
        "%tanh_2 = tanh(%relu_2) : 8x8x8",
        "%relu_3 = relu(%tanh_2) : 8x8x8",
        "%relu_4 = relu(%relu_3) : 8x8x8",
    ]


def test_what_has_braces_of_its_own_repeats_without_others() -> None:
    body = """
      2 x shortcut { relu }
      2 x branches { | slice 0, 2 | slice 2, 2 }
      2 x group stage { tanh as step }
      2 x if channels == 4 { relu as stage_2 }
    """
    assert lines(body) == [
        "%relu_1 = relu(%input) : 4x8x8",
        "%add_1 = add(%relu_1, %input) : 4x8x8",
        "%relu_2 = relu(%add_1) : 4x8x8",
        "%add_2 = add(%relu_2, %add_1) : 4x8x8",
        "%slice_1 = slice(%add_2) start=0, channels=2 : 2x8x8",
        "%slice_2 = slice(%add_2) start=2, channels=2 : 2x8x8",
        "%concat_1 = concat(%slice_1, %slice_2) : 4x8x8",
        "%slice_3 = slice(%concat_1) start=0, channels=2 : 2x8x8",
        "%slice_4 = slice(%concat_1) start=2, channels=2 : 2x8x8",
        "%concat_2 = concat(%slice_3, %slice_4) : 4x8x8",
        "%stage.step = tanh(%concat_2) : 4x8x8",
        "%stage_3.step = tanh(%stage.step) : 4x8x8",
        "%stage_2 = relu(%stage_3.step) : 4x8x8",
        "%stage_2_2 = relu(%stage_2) : 4x8x8",
    ]


@pytest.mark.parametrize(("p", "width"), [(1, 6), (2, 3), (3, 5)])
def test_a_let_may_choose(p: int, width: int) -> None:
    body = """
      let width = if p == 1 { channels + 2 } else if p == 2 { 12 // channels } else { 5 }
      let safe = if p == 1 { 1 } else { 1 / (p - 1) }    # only one side is looked at
      conv 1x1, width -> scale safe
    """
    assert lines(body, p=p)[0] == f"%conv_1 = conv(%input) kernel=1x1, out={width} : {width}x8x8"


def test_groups_and_blocks_name_their_layers() -> None:
    blocks = "block pair(width = channels, act = on) { conv 1x1, width; if act { relu } }"
    assert lines("group stage { 2 x pair }\npair 6, act=off as last", blocks) == [
        "%stage.pair_1.conv_1 = conv(%input) kernel=1x1, out=4 : 4x8x8",
        "%stage.pair_1.relu_1 = relu(%stage.pair_1.conv_1) : 4x8x8",
        "%stage.pair_2.conv_1 = conv(%stage.pair_1.relu_1) kernel=1x1, out=4 : 4x8x8",
        "%stage.pair_2.relu_1 = relu(%stage.pair_2.conv_1) : 4x8x8",
        "%last.conv_1 = conv(%stage.pair_2.relu_1) kernel=1x1, out=6 : 6x8x8",
    ]


@pytest.mark.parametrize(
    ("mode", "skip"),
    [
        (
            "A",
            [
                "%subsample = subsample(%input) stride=2x2 : 4x4x4",
                "%zero_pad = zero_pad(%subsample) after=2 : 6x4x4",
                "%add_1 = add(%conv_1, %zero_pad) : 6x4x4",
            ],
        ),
        (
            "B",
            [
                "%projection.conv = conv(%input) kernel=1x1, out=6, stride=2x2, bias=off : 6x4x4",
                "%projection.bn = bn(%projection.conv) : 6x4x4",
                "%add_1 = add(%conv_1, %projection.bn) : 6x4x4",
            ],
        ),
        (
            "via { maxpool 2x2 -> conv 1x1, 6 }",
            [
                "%maxpool_1 = maxpool(%input) kernel=2x2 : 4x4x4",
                "%conv_2 = conv(%maxpool_1) kernel=1x1, out=6 : 6x4x4",
                "%add_1 = add(%conv_1, %conv_2) : 6x4x4",
            ],
        ),
    ],
)
def test_a_shortcut_around_a_change_of_shape(mode: str, skip: list[str]) -> None:
    assert lines(f"shortcut {mode} {{ conv 3x3, 6, stride=2 }}")[1:] == skip


@pytest.mark.parametrize("mode", ["identity", "A", "B", "fitting"])
def test_a_shortcut_around_the_same_shape_is_the_value_itself(mode: str) -> None:
    assert lines(f"shortcut {mode} {{ relu }}")[1:] == ["%add_1 = add(%relu_1, %input) : 4x8x8"]


@pytest.mark.parametrize("body", ["conv 1x1, 6", "avgpool 2x2", "linear 256"])
def test_a_fitting_shortcut_around_a_change_of_shape_is_none(body: str) -> None:
    assert lines(f"shortcut fitting {{ {body} }}") == lines(body)


def test_a_value_is_named_whether_its_shortcut_fits_or_not() -> None:
    body = """
      shortcut fitting { conv 3x3, 6 } as wide
      shortcut fitting { conv 3x3, 6 } as same
      from wide, same -> concat
    """
    assert lines(body)[2:] == [
        "%same = add(%conv_2, %conv_1) : 6x8x8",
        "%concat_1 = concat(%conv_1, %same) : 12x8x8",
    ]


def test_option_c_always_projects() -> None:
    assert "%projection.conv = conv" in "\n".join(lines("shortcut C { relu }"))


def test_branches_nest_and_join() -> None:
    body = """
      branches {
        | conv 1x1, 2
        | branches add { | relu | tanh }
        |
      } as mixed
      branches max { | relu | from mixed -> tanh }
    """
    assert lines(body) == [
        "%conv_1 = conv(%input) kernel=1x1, out=2 : 2x8x8",
        "%relu_1 = relu(%input) : 4x8x8",
        "%tanh_1 = tanh(%input) : 4x8x8",
        "%add_1 = add(%relu_1, %tanh_1) : 4x8x8",
        "%mixed = concat(%conv_1, %add_1, %input) : 10x8x8",
        "%relu_2 = relu(%mixed) : 10x8x8",
        "%tanh_2 = tanh(%mixed) : 10x8x8",
        "%max_1 = max(%relu_2, %tanh_2) : 10x8x8",
    ]


def test_a_name_that_is_asked_for_wins_over_automatic_ones() -> None:
    """Even where it comes later, and in a body of the same scope."""
    body = """
        relu -> conv 1x1, 4
        group conv_1 { tanh as relu_2; relu }
        shortcut C { relu as relu_1 } -> relu
        2 x { tanh as projection } -> relu as projection_2
    """
    assert [line.partition(" = ")[0] for line in lines(body)] == [
        "%relu_2",
        "%conv_2",
        "%conv_1.relu_2",
        "%conv_1.relu_1",
        "%relu_1",
        "%projection_3.conv",
        "%projection_3.bn",
        "%add_1",
        "%relu_3",
        "%projection",
        "%projection_4",
        "%projection_2",
    ]


def test_any_dag_can_be_written() -> None:
    body = """
      relu as a -> tanh as b
      from a, b, a -> concat as c
      group g { conv 1x1, 4 as d }
      from b, d -> add
    """
    assert lines(body) == [
        "%a = relu(%input) : 4x8x8",
        "%b = tanh(%a) : 4x8x8",
        "%c = concat(%a, %b, %a) : 12x8x8",
        "%g.d = conv(%c) kernel=1x1, out=4 : 4x8x8",
        "%add_1 = add(%b, %g.d) : 4x8x8",
    ]


def test_choices_lets_and_expressions() -> None:
    body = """
      let wide = channels * 3 // 2
      let half_of = wide / 2
      if wide == 6 and not (half_of > 3) { conv 1x1, wide + 7 % 4 } else { relu }
      if p == 2 { relu } else if p == 1 { tanh } else { sigmoid }
      dropout 40%
      conv height, width
    """
    assert lines(body) == [
        "%conv_1 = conv(%input) kernel=1x1, out=9 : 9x8x8",
        "%tanh_1 = tanh(%conv_1) : 9x8x8",
        "%dropout_1 = dropout(%tanh_1) rate=0.4 : 9x8x8",
        "%conv_2 = conv(%dropout_1) kernel=8x8, out=8 : 8x9x9",
    ]


def test_whole_numbers_that_divide_stay_whole() -> None:
    assert len(lines("(channels / 2) x relu")) == 2


def test_a_number_that_comes_out_whole_is_whole() -> None:
    body = "let d = 0.5\n4*d x conv 2*d, 8*d, stride=2*d\nupsample 4*d -> maxpool 4*d -> linear 6*d"
    assert lines(body) == [
        "%conv_1 = conv(%input) kernel=1x1, out=4 : 4x8x8",
        "%conv_2 = conv(%conv_1) kernel=1x1, out=4 : 4x8x8",
        "%upsample_1 = upsample(%conv_2) factor=2x2 : 4x16x16",
        "%maxpool_1 = maxpool(%upsample_1) kernel=2x2 : 4x8x8",
        "%linear_1 = linear(%maxpool_1) out=3 : 3",
    ]
    assert lowered("net a(n = 6) { let d = 0.5\ninput n*d -> relu }").inputs[0].type.shape == (3,)


def test_heads_and_recipes() -> None:
    graph = lowered(
        """
        net n {
          input 4x8x8 -> relu
          aux side, weight=0.5 { linear 2 }
          tanh
          train { sgd lr=0.1, weight_decay=1e-4; batch 256 }
          eval { crops 10 }
        }
        """
    )
    assert graph.output == "tanh_1"
    (head,) = graph.heads
    assert (head.name, head.output, head.weight) == ("side", "side.linear_1", 0.5)
    assert [(kind, [w.word for w in words]) for kind, words in graph.recipes] == [
        ("train", ["sgd", "batch"]),
        ("eval", ["crops"]),
    ]


def test_parts_of_a_recipe_add_up() -> None:
    graph = lowered(
        """
        block shared(late) {
          train { sgd lr=0.1; drop 1000 }
          if late { train { drop 2000; drop 3000 } }
        }
        net n { input 4x8x8 -> relu; shared on }
        """
    )
    ((kind, words),) = graph.recipes
    assert kind == "train"
    assert [word.word for word in words] == ["sgd", "drop", "drop", "drop"]


def test_instances_and_settings() -> None:
    text = """
        net small(n, wide = off) = base(width=n * 2, wide=wide)
        """
    with pytest.raises(NetError, match="there is no net 'base' here"):
        lowered(text, n=2)
    folder = Path("zoo")
    graph = load(folder / "resnet20.net", classes=7, option="B")
    assert graph.name == "resnet20"
    assert graph[graph.output].type.shape == (7,)
    assert any("projection" in node.name for node in graph)
    assert load("resnet20") == load("zoo/resnet20.net")


def test_an_origin_leads_through_the_calls() -> None:
    graph = load("resnet18")
    origin = graph["conv2_x.basic_1.conv_1"].origin
    assert [str(label.span).split("/")[-1].split(":")[0] for label in origin] == [
        "residual.net",
        "resnet18.net",
    ]
    assert [label.text for label in origin] == ["'conv'", "in this call of 'basic'"]


@pytest.mark.parametrize("depth", [DEEPEST, DEEPEST + 1])
def test_blocks_call_each_other_within_a_limit(depth: int) -> None:
    blocks = "\n".join(f"block b{n} {{ b{n - 1} }}" for n in range(2, depth + 1))
    text = f"block b1 {{ relu }}\n{blocks}\nnet n {{ input 3x8x8; b{depth} }}"
    if depth == DEEPEST:
        assert [node.op.name for node in lowered(text)] == ["input", "relu"]
    else:
        with pytest.raises(NetError, match=f"blocks call each other more than {DEEPEST} deep"):
            lowered(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", True),
        ("off", False),
        ("7", 7),
        ("1x1", (1, 1)),
        ("40%", 0.4),
        ("1e-3", 1e-3),
        ("A", "A"),
    ],
)
def test_settings_are_read_as_the_language_reads_them(text: str, value: Value) -> None:
    assert literal(text) == value
    assert type(literal(text)) is type(value)
