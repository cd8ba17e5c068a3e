"""What the grammar makes of a text, as small tables: the text and how the formatter spells it out.

The formatter writes each tree in one way only, so its text says how a line was understood.
"""

import logging
from io import StringIO

import lark
import pytest

from netlang.diagnostic import Source
from netlang.ground.resources import grammar
from netlang.syntax import ast
from netlang.syntax.formatter import format
from netlang.syntax.lines import Lines
from netlang.syntax.parser import parse
from netlang.syntax.tables import keywords


def statements(text: str) -> tuple[ast.Statement, ...]:
    net = parse(Source("test.net", f"net test {{\n{text}\n}}\n")).nets[0]
    assert isinstance(net, ast.Net)
    return net.body.statements


def spelled(text: str) -> str:
    """The body of a net, written out, on one line."""
    net = parse(Source("test.net", f"net test {{\n{text}\n}}\n"))
    lines = [line.strip() for line in format(net).splitlines()[1:-1]]
    return "; ".join(lines).replace("{;", "{").replace("; }", " }").replace("; |", " |")


def value(text: str) -> ast.Expr:
    (let,) = statements(f"let v = {text}")
    assert isinstance(let, ast.Let)
    assert not isinstance(let.value, ast.Conditional)
    return let.value


def shape(expr: ast.Expr) -> object:
    """An expression as nested tuples, whatever the formatter thinks of parentheses."""
    match expr:
        case ast.Binary(operator, left, right):
            return (shape(left), operator, shape(right))
        case ast.Unary(operator, operand):
            return (operator, shape(operand))
        case ast.Name(name):
            return name
        case ast.Number(number) | ast.Switch(number) | ast.Text(number):
            return number
        case ast.SizeLiteral(dims) | ast.Numbers(dims):
            return dims


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("64", 64),
        ("1e-4", 1e-4),
        ("2.5", 2.5),
        ("1E3", 1000.0),
        ("40%", 0.4),
        ("12.5%", 0.125),
        ("3x3", (3, 3)),
        ("3x224x224", (3, 224, 224)),
        ("0.5:1e-3:103", (0.5, 0.001, 103.0)),
        ("on", True),
        ("off", False),
        ('"a b"', "a b"),
        ("half", "half"),
        ("x3", "x3"),
        ("a + b + c", (("a", "+", "b"), "+", "c")),
        ("a - b - c", (("a", "-", "b"), "-", "c")),
        ("a + b * c", ("a", "+", ("b", "*", "c"))),
        ("(a + b) * c", (("a", "+", "b"), "*", "c")),
        ("a // b / c", (("a", "//", "b"), "/", "c")),
        ("-a * b", (("-", "a"), "*", "b")),
        ("a - -b", ("a", "-", ("-", "b"))),
        ("- -a", ("-", ("-", "a"))),
        ("a < b + 1", ("a", "<", ("b", "+", 1))),
        ("(a < b) < c", (("a", "<", "b"), "<", "c")),
        ("not a == b", ("not", ("a", "==", "b"))),
        ("not not a", ("not", ("not", "a"))),
        ("not a and b or c", ((("not", "a"), "and", "b"), "or", "c")),
        ("a or b and c", ("a", "or", ("b", "and", "c"))),
        ("a!=b", ("a", "!=", "b")),
        ("a>=-1", ("a", ">=", ("-", 1))),
        # Percent or remainder: an operand after the sign decides.
        ("10%3", (10, "%", 3)),
        ("10 % 3", (10, "%", 3)),
        ("10% n", (10, "%", "n")),
        ("10%(n)", (10, "%", "n")),
        ("n%2", ("n", "%", 2)),
        ("40% - b", (0.4, "-", "b")),
        ("40% + 60%", (0.4, "+", 0.6)),
        ("40%*n", (0.4, "*", "n")),
        ("a < 40% and b", (("a", "<", 0.4), "and", "b")),
        ("10 %-3", (10, "%", ("-", 3))),
        ("(a +\n b # here too\n)", ("a", "+", "b")),
    ],
)
def test_values(text: str, expected: object):
    result = shape(value(text))
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Where statements end.
        ("a; b", "a; b"),
        ("a\n\n # note\n b;", "a; b"),
        ("; a;;b\n;\n", "a; b"),
        ("a ->\n b", "a -> b"),
        ("a\n -> b", "a -> b"),
        ("a # note\n # note\n -> b # note\n -> # note\n c", "a -> b -> c"),
        ("a 1,\n 2, # note\n b=3", "a 1, 2, b=3"),
        ("a (1 +\n 2)\n b", "a 1 + 2; b"),
        ("a\r\nb\rc\tz", "a; b; c z"),
        ("\ufeffa", "a"),
        # Calls and chains.
        ("conv 7x7, 64, stride=2, bias=off -> bn", "conv 7x7, 64, stride=2, bias=off -> bn"),
        ("avgpool global -> linear n", "avgpool global -> linear n"),
        ("lrelu -0.1", "lrelu -0.1"),
        ("input 3x8x8, mean=1:0.5:2", "input 3x8x8, mean=1.0:0.5:2.0"),
        ("dropout 40% as y -> a", "dropout 0.4 as y -> a"),
        ("inception 64, 96   as inception_3a", "inception 64, 96 as inception_3a"),
        ("from a, b -> add -> relu as y", "from a, b -> add -> relu as y"),
        ("from a\n -> relu", "from a -> relu"),
        # Repeats.
        ("3 x a 64 -> b", "3 x a 64 -> b"),
        ("2*n x a 64; a", "2 * n x a 64; a"),
        ("(n-1) x a", "(n - 1) x a"),
        ("n//2 x a", "n // 2 x a"),
        ("n x { a; b } as y", "n x { a; b } as y"),
        ("a -> 3 x b -> c", "a -> 3 x b -> c"),
        ("3x a", "3 x a"),
        ("3 x shortcut via { a } { b } -> c", "3 x shortcut via { a } { b } -> c"),
        ("n x branches add { | a | } as y", "n x branches add { | a | } as y"),
        ("2 x group g { a }", "2 x group g { a }"),
        ("2 x if a { b } else if c { d }", "2 x if a { b } else if c { d }"),
        ("2 x repeat n as i { a i }", "2 x repeat n as i { a i }"),
        ("repeat n - 1 as i { a i }", "repeat n - 1 as i { a i }"),
        ("repeat n { }", "repeat n { }"),
        # Bodies.
        ("group g { a } -> b", "group g { a } -> b"),
        ("group g\n{ a }", "group g { a }"),
        ("shortcut { a } -> b", "shortcut { a } -> b"),
        ("shortcut B { a }", "shortcut B { a }"),
        ("shortcut via { a }\n { b }", "shortcut via { a } { b }"),
        ("branches { | a -> b | c }", "branches { | a -> b | c }"),
        ("branches add { | a | }", "branches add { | a | }"),
        ("branches {\n | a\n b\n |\n | c\n -> d\n }", "branches { | a; b | | c -> d }"),
        ("branches { | branches max { | a | b } -> c | d }",) * 2,
        ("if a == 1 { b } -> c", "if a == 1 { b } -> c"),
        ("if a { b }\nelse if c { d }\nelse { e }", "if a { b } else if c { d } else { e }"),
        ("if a { } else { if b { } }", "if a { } else if b { }"),
        ("a -> if b { c } as d", "a -> if b { c } as d"),
        ("let n = (d - 2) // 6", "let n = (d - 2) // 6"),
        ("let n = if a {\n b + 1 }\nelse { c }", "let n = if a { b + 1 } else { c }"),
        ("let n = if a { if b { 1 } else { 2 } } else if c { 3 } else { 4 }; d",) * 2,
        ("let n = if a { 1 } else { if b { 2 } else { 3 } }", "let n = if a { 1 } else if b { 2 } else { 3 }"),
        ("aux head, weight=0.3 { a }; b", "aux head, weight=0.3 { a }; b"),
        ("aux head { a }", "aux head { a }"),
        ("train { sgd lr=0.1, momentum=0.9; batch 256\n }", "train { sgd lr=0.1, momentum=0.9; batch 256 }"),
        ("eval { }", "eval { }"),
    ],
)  # fmt: skip
def test_statements(text: str, expected: str):
    assert spelled(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('use a, b\tfrom "c.net"; net a { }', 'use a, b from "c.net"\n\nnet a { }'),
        ("block a(n, m = 2*3,\n) { }", "block a(n, m = 2 * 3) { }"),
        ("net a() { }", "net a { }"),
        ("net a = b()", "net a = b()"),
        ("net a(c = 10) = b(n=3,\n c=c,)", "net a(c = 10) = b(n=3, c=c)"),
        ("net b { }\n\nblock a { }", "block a { }\n\nnet b { }"),
    ],
)
def test_declarations(text: str, expected: str):
    assert format(parse(Source("test.net", text))) == f"{expected}\n"


def test_a_size_with_the_letter_x_is_one_word_and_a_repeat_is_three():
    (size, repeat) = statements("a 3x3\n3 x a 3")
    assert isinstance(size, ast.Chain)
    assert isinstance(size.links[0].element, ast.Call)
    assert isinstance(repeat, ast.Chain)
    assert isinstance(repeat.links[0].element, ast.Times)


def test_spans_run_from_the_first_word_to_the_last():
    text = "net a {\n  group b { c 1, d=(2 + 3) } -> e as f\n}\n"
    source = Source("test.net", text)
    (net,) = parse(source).nets
    assert isinstance(net, ast.Net)
    (chain,) = net.body.statements
    assert isinstance(chain, ast.Chain)
    group = chain.links[0].element
    assert isinstance(group, ast.Group)
    (inner,) = group.body.statements
    assert isinstance(inner, ast.Chain)
    call = inner.links[0].element
    assert isinstance(call, ast.Call)
    nodes = [net, net.body, chain, group, group.body, call, call.arguments[1].value]
    assert [text[node.span.start : node.span.end] for node in nodes] == [
        text.rstrip(),
        text.rstrip()[6:],
        "group b { c 1, d=(2 + 3) } -> e as f",
        "group b { c 1, d=(2 + 3) }",
        "{ c 1, d=(2 + 3) }",
        "c 1, d=(2 + 3)",
        "(2 + 3)",
    ]
    assert net.span.source is source


def test_no_layer_stands_in_the_grammar():
    assert keywords().keys().isdisjoint({"conv", "input", "relu", "linear", "concat", "add", "bn"})


def test_the_grammar_has_no_conflict():
    """Lark settles a conflict in silence, in favour of the longer text; it logs that it did."""
    log = logging.StreamHandler(StringIO())
    before = lark.logger.level
    lark.logger.addHandler(log)
    lark.logger.setLevel(logging.DEBUG)
    try:
        text = grammar("net").read_text(encoding="utf-8")
        lark.Lark(text, parser="lalr", lexer="basic", start="file", postlex=Lines(), debug=True)
    finally:
        lark.logger.setLevel(before)
        lark.logger.removeHandler(log)
    assert "conflict" not in log.stream.getvalue().lower()
