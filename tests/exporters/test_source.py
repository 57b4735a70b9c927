import ast
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnstudio.exporters.source import (
    WIDTH,
    Bracket,
    comment,
    docstring,
    flat,
    lay,
    lay_again,
    literal,
    text,
    width,
)
from tests.graphs import TEXTS, VALUES

RUFF = Path(sys.executable).with_name("ruff")


def formatted(source):
    """What ``ruff format`` makes of a source, at black's width and with no configuration."""
    made = subprocess.run(
        [RUFF, "format", "--isolated", f"--line-length={WIDTH}", "-"],
        input=source.encode(),
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr.decode()
    return made.stdout.decode()


@given(TEXTS)
def test_a_text_literal_means_the_text_and_stays_on_its_line(value):
    written = text(value)
    assert ast.literal_eval(written) == value
    assert len(written.splitlines()) == 1
    assert written.isprintable()


@given(st.lists(TEXTS, min_size=20, max_size=20))
def test_text_literals_are_as_the_formatter_wants_them(values):
    source = "".join(f"x = {text(value)}\n" for value in values)
    assert formatted(source) == source


@given(VALUES)
def test_a_literal_means_the_value(value):
    assert ast.literal_eval(flat(literal(value))) == value


@given(st.dictionaries(st.from_regex(r"[a-z]{1,9}", fullmatch=True), VALUES, min_size=1))
def test_a_call_is_laid_out_as_the_formatter_wants_it(arguments):
    arguments = {f"a_{name}": value for name, value in arguments.items()}
    items = []
    for name, value in arguments.items():
        expression = literal(value)
        if isinstance(expression, str):
            items.append(f"{name}={expression}")
        else:
            items.append(Bracket(f"{name}={expression.head}", expression.items, expression.tail))
    source = "\n".join(lay(Bracket("layers.Dense(", tuple(items)), 0, "x = ")) + "\n"
    call = ast.parse(source).body[0].value
    assert {k.arg: ast.literal_eval(k.value) for k in call.keywords} == arguments
    if "{" not in source:  # a dictionary's long value is the one thing that ruff and black wrap
        assert formatted(source) == source


@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_a_docstring_is_one_and_stays_as_it_is(paragraphs):
    lines = docstring(["Title", *paragraphs], 4)
    source = "def f():\n" + "\n".join(lines) + "\n    return 1\n"
    function = ast.parse(source).body[0]
    assert ast.get_docstring(function).startswith("Title.")
    assert len(function.body) == 2
    assert formatted(source) == source


@given(TEXTS)
def test_a_comment_fits_its_line(words):
    line = comment("".join(char for char in words if char.isprintable()), 4)
    assert width(line) <= WIDTH
    assert len(line.splitlines()) == 1


@pytest.mark.parametrize("indent", [0, 4])
def test_foreign_lines_are_laid_out_anew(indent):
    code = (
        "features, labels = make_circles(\n    1000, factor=0.5, noise=0.1\n)\n"
        "split = train_test_split(features, labels, test_size=0.2, random_state=SEED, more=12345)\n"
        'text = """a\nb"""\n'
        "features += 1\n"
    )
    lines = lay_again(code, indent)
    assert lines[0].strip() == "features, labels = make_circles(1000, factor=0.5, noise=0.1)"
    assert all(width(line) <= WIDTH for line in lines)
    assert lines[-1] == " " * indent + "features += 1"
    body = "\n".join(lines) + "\n"
    source = body if not indent else "def f():\n" + body
    ast.parse(source)
