"""Files as they come: damaged, endless, in other line ends, read by many at once."""

import os
import random
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from netlang.diagnostic import NetError, Source
from netlang.ground.resources import zoo_dir
from netlang.syntax.formatter import format
from netlang.syntax.limits import DEEPEST, LONGEST
from netlang.syntax.parser import MOST, parse, read
from netlang.syntax.scanner import scan

ZOO = sorted(zoo_dir().rglob("*.net"))


def mistakes(text: str) -> NetError:
    with pytest.raises(NetError) as caught:
        parse(Source("test.net", text))
    return caught.value


# ----------------------------------------------------------------------- recovery


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_one_mistake_is_one_error(path: Path):
    """A character that belongs nowhere, put between any two words: one error, and at it."""
    text, rng = path.read_text(), random.Random(path.stem)
    # Blanks one by one, passing over comments and paths.
    places = [
        match.start() for match in re.finditer(r'#.*\n|"[^"]*"|\s', text) if match[0].isspace()
    ]
    for place in rng.sample(places, min(12, len(places))):
        (diagnostic,) = mistakes(f"{text[:place]}@{text[place:]}").diagnostics
        assert diagnostic.span is not None
        assert diagnostic.span.start == place


def test_nobody_reads_a_thousand_errors():
    *told, last = mistakes(f"net a {{ {'relu ->;' * 1000} }}").diagnostics
    assert len(told) == MOST
    assert last.message == "there are more mistakes in this file"
    assert last.span is not None
    assert last.span.start == len("net a { ") + MOST * len("relu ->;") + len("relu ->")


def test_of_as_many_errors_as_are_told_there_are_no_more():
    told = mistakes(f"net a {{ {'relu ->;' * MOST} }}").diagnostics
    assert [diagnostic.message for diagnostic in told] == [told[0].message] * MOST


# ------------------------------------------------------------------------- limits


def nested(opening: str, closing: str, depth: int, inner: str = "") -> str:
    return f"net a {{ {opening * depth}{inner}{closing * depth} }}"


NESTINGS = {
    "groups": lambda depth: nested("group g { ", "}", depth),
    "branches": lambda depth: nested("branches { | ", "}", depth),
    "skips": lambda depth: nested("shortcut via { ", "} { }", depth),
    "choices": lambda depth: nested("if 1 { ", "}", depth),
    "parentheses": lambda depth: nested("let a = " + "(" * depth, ")" * depth, 1, "1"),
    "arguments": lambda depth: nested("f " + "(" * depth, ")" * depth, 1, "1"),
    "ladder": lambda depth: nested("if 1 { }" + " else if 2 { }" * depth, "", 1),
    "bare braces": lambda depth: "{" * depth + "}" * depth,
}  # fmt: skip


@pytest.mark.parametrize("name", NESTINGS)
def test_nesting_has_a_limit(name: str):
    assert f"nested more than {DEEPEST} deep" in str(mistakes(NESTINGS[name](DEEPEST + 1)))


@pytest.mark.parametrize("name", ["groups", "parentheses", "ladder"])
def test_ten_thousand_is_a_mistake_and_no_crash(name: str):
    assert f"nested more than {DEEPEST} deep" in str(mistakes(NESTINGS[name](10_000)))


@pytest.mark.parametrize("name", ["(", "{", "({", "{("])
def test_ten_thousand_open_brackets(name: str):
    mistakes(f"net a {{ let n = {name * 10_000}")
    mistakes(f"net a {{ {name * 10_000}")


@pytest.mark.parametrize("sign", ["-", "not ", "1 + ", "1 == 1 and ", "1*(1)-"])
def test_an_expression_has_a_limit(sign: str):
    assert f"more than {LONGEST} words" in str(mistakes(f"net a {{ let n = {sign * 2000}1 }}"))


@pytest.mark.parametrize("name", list(NESTINGS)[:-1])
def test_all_that_the_limits_allow_works(name: str):
    """Also far down Python's stack: under a command, a test, an editor."""

    def under(frames: int) -> None:
        if frames:
            return under(frames - 1)
        file = parse(Source("test.net", NESTINGS[name](DEEPEST - 2)))
        assert parse(Source("test.net", format(file))) == file
        return None

    under(300)


@pytest.mark.parametrize("sign", ["-", "not ", "1 + ", "1 and "])
def test_the_longest_expression_works(sign: str):
    count = (LONGEST - 6) // len(sign.split())
    file = parse(Source("test.net", f"net a {{ let n = {sign * count}1 }}"))
    assert parse(Source("test.net", format(file))) == file


def test_a_long_file_is_no_deep_one():
    body = "conv 3x3, 64 -> bn -> relu\n" * 500
    ladders = "if 1 { } else if 2 { }\n" * DEEPEST + "if 1 { } else if 2 { } -> " * DEEPEST + "a"
    file = parse(Source("test.net", f"net a {{ {body}{ladders} }}"))
    assert parse(Source("test.net", format(file))) == file


# ------------------------------------------------------------------------ reading


def reading(path: Path) -> str:
    with pytest.raises(NetError) as caught:
        read(path)
    return str(caught.value)


@pytest.mark.parametrize("data", [b"\xef\xbb\xbfnet a { relu }\r\n", b"net a {\rrelu\r}\r"])
def test_byte_order_mark_and_line_ends(tmp_path: Path, data: bytes):
    path = tmp_path / "a.net"
    path.write_bytes(data)
    assert parse(read(path)) == parse(Source("", "net a { relu }"))


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_an_error_names_the_line_as_the_grammar_counts_it(end: str):
    error = str(mistakes(f"net a {{{end}  input 3x8x8{end}{end}  relu ->{end}}}{end}"))
    assert "--> test.net:4:8\n" in error
    assert "\n4 |   relu ->\n" in error.replace(" 4 |", "4 |")


@pytest.mark.parametrize("blank", ["\n", " \n", "#\n", "\r\n"])
def test_blank_lines_are_one_word(blank: str):
    """A file may have a million of them: what comes after the scanner does not see how many."""

    def words(count: int) -> list[str]:
        blanks = blank * count
        return [word.type for word in scan(Source("", f"net a {{{blanks} relu{blanks}}}"))]

    assert words(100_000) == words(1)


@pytest.mark.parametrize("word", ["a", "3", '"', "3x", "0.5:"])
@pytest.mark.parametrize("before", ["", "net a { ", "net a { relu -> "])
def test_an_endless_word_is_not_shown_to_its_end(before: str, word: str):
    error = str(mistakes(f"{before}{word * 100_000}1 }}"))
    assert len(error) < 1000


def test_line_ends_do_not_move_an_error():
    assert "test.net:2:12\n" in str(mistakes("net a {\r\n  conv 3x3 64\r\n}\r\n"))


def test_a_name_is_shown_as_the_user_wrote_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a.net").write_text("net a { }")
    monkeypatch.chdir(tmp_path)
    assert read("./a.net").name == "./a.net"


def test_missing_file(tmp_path: Path):
    (tmp_path / "resnet50.net").touch()
    path = tmp_path / "resnet5.net"
    assert (
        reading(path) == f"error: there is no file '{path}'\n  = help: did you mean 'resnet50.net'?"
    )
    assert "there is no file" in reading(tmp_path / "nowhere" / "a.net")


def test_a_missing_file_may_be_one_of_the_zoo(tmp_path: Path):
    (tmp_path / "t.net").touch()
    assert "did you mean 'alexnet' of the zoo?" in reading(tmp_path / "alexnet.net")
    assert "did you mean 'alexnet' of the zoo?" in reading(tmp_path / "alexnett.net")


def test_folder(tmp_path: Path):
    assert reading(tmp_path).startswith(f"error: '{tmp_path}' is a folder")


def test_impossible_name():
    assert "cannot be read: embedded null byte" in reading(Path("a\0b.net"))
    assert "cannot be read: File name too long" in reading(Path("a" * 5000))


def test_binary_file(tmp_path: Path):
    path = tmp_path / "a.net"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    assert "is a binary file" in reading(path)


def test_other_encoding(tmp_path: Path):
    path = tmp_path / "a.net"
    path.write_bytes("net a {\n  # größe\n}".encode("latin-1"))
    text = reading(path)
    assert f"error: '{path}' is not UTF-8 text" in text
    assert f"{path}:2:7\n" in text


@pytest.mark.parametrize("text", ["", " \n\t\n", "# only a comment"])
def test_empty_file(text: str):
    assert "there is no net in 'test.net'" in str(mistakes(text))


# -------------------------------------------------------------------------- tables

PROBE = """
from netlang.diagnostic import Source
from netlang.syntax.parser import parse
print(len(parse(Source("a.net", "net a { relu }")).nets))
"""


def start(cache: Path) -> subprocess.Popen[str]:
    env = {**os.environ, "XDG_CACHE_HOME": str(cache), "HOME": str(cache)}
    return subprocess.Popen(
        [sys.executable, "-c", PROBE],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="the cache's place is set as on Linux")
def test_the_tables_are_kept_and_may_be_lost(tmp_path: Path):
    many = [start(tmp_path) for _ in range(4)]
    assert [process.communicate()[0] for process in many] == ["1\n"] * 4
    (kept,) = tmp_path.rglob("grammar-*")
    whole = kept.read_bytes()
    for damaged in (b"", b"nonsense", whole[:999], whole[:-9]):
        kept.write_bytes(damaged)
        assert start(tmp_path).communicate()[0] == "1\n"
        assert kept.stat().st_size > len(whole) / 2
        assert kept.read_bytes() != damaged


def test_no_place_for_the_tables(tmp_path: Path):
    (tmp_path / "file").touch()
    assert start(tmp_path / "file").communicate()[0] == "1\n"


def test_threads_share_the_parser():
    expected = [parse(read(path)) for path in ZOO]
    found: dict[int, bool] = {}

    def work(index: int) -> None:
        found[index] = [parse(read(path)) for path in ZOO] == expected

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == dict.fromkeys(range(4), True)
