"""How a mistake is shown."""

from netlang.diagnostic import Diagnostic, Label, Source, Span, did_you_mean, near_or_all, render

SOURCE = Source("zoo/tiny.net", "net tiny {\n\tconv 7x7, strid=2\n  relu\n}\n")


def span(text: str) -> Span:
    start = SOURCE.text.index(text)
    return Span(SOURCE, start, start + len(text))


def test_a_mistake_with_its_place_and_its_help() -> None:
    shown = render(
        Diagnostic("'conv' has no attribute 'strid'", span("strid"), "unknown", "'stride'?")
    )
    assert shown == (
        "error: 'conv' has no attribute 'strid'\n"
        "  --> zoo/tiny.net:2:12\n"
        "   |\n"
        " 2 | \tconv 7x7, strid=2\n"
        "   | \t          ^^^^^ unknown\n"
        "   = help: 'stride'?"
    )


def test_related_places_follow() -> None:
    related = (Label(span("relu"), "comes from here"),)
    shown = render(Diagnostic("shapes differ", span("conv"), related=related))
    assert shown.splitlines()[5:] == [
        "  --> zoo/tiny.net:3:3",
        "   |",
        " 3 |   relu",
        "   |   ---- comes from here",
    ]


def test_a_span_over_lines_is_marked_to_the_end_of_the_first() -> None:
    assert "^" * len("conv 7x7, strid=2") in render(Diagnostic("m", span("conv 7x7, strid=2\n  r")))


def test_a_mistake_without_a_place() -> None:
    assert render(Diagnostic("no such file", help="look again")) == (
        "error: no such file\n  = help: look again"
    )


def test_a_name_that_is_near_is_suggested() -> None:
    assert did_you_mean("strid", ["stride", "pad"]) == "did you mean 'stride'?"
    assert did_you_mean("zzz", ["stride", "pad"]) == ""


def test_where_nothing_is_near_all_are_listed() -> None:
    assert near_or_all("strid", ["stride", "pad"]) == "did you mean 'stride'?"
    assert near_or_all("zzz", ["stride", "pad"]) == "there are: stride, pad"
    assert near_or_all("zzz", ["stride", "pad"], ["pad"]) == "there are: pad"


def test_a_long_line_is_cut_around_the_mistake() -> None:
    line = "relu -> " * 2000 + "rleu" + " -> relu" * 2000
    source = Source("long.net", line)
    start = line.index("rleu")
    excerpt, marks = render(Diagnostic("m", Span(source, start, start + 4))).splitlines()[3:5]
    assert len(excerpt) < 200
    assert excerpt[marks.index("^") :].startswith("rleu")
    assert marks.count("^") == 4
    assert f"long.net:1:{start + 1}" in render(Diagnostic("m", Span(source, start, start + 4)))


def test_capitals_make_no_difference_to_a_suggestion() -> None:
    assert did_you_mean("ReLU", ["relu", "lrn"]) == "did you mean 'relu'?"
    assert did_you_mean("b", ["A", "B"]) == "did you mean 'B'?"
