"""ARCHITECTURE.md is a map of what there is: it names nothing else, and leaves nothing out."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "ARCHITECTURE.md").read_text()
FILES = [path.as_posix() for folder in ("bnstudio", "tests", "packaging", "docs")
         for path in (ROOT / folder).rglob("*.*") if "__pycache__" not in path.parts]  # fmt: skip


def first_cells(table):
    """The names in the first column of the table with this head, as paths from the package."""
    rows = TEXT.partition(f"| {table} | what is in it |")[2].partition("\n\n")[0].splitlines()
    for row in rows[2:]:
        names = re.findall(r"`([^`]+)`", row.split("|")[1])
        folder = names[0].rpartition("/")[0] if names[0].endswith(".py") else ""
        yield names[0]
        yield from (f"{folder}/{name}".lstrip("/") for name in names[1:])


def parts(folder):
    """What a package consists of, folders with a slash."""
    for path in (ROOT / "bnstudio" / folder).iterdir():
        if path.suffix == ".py" or (path / "__init__.py").exists():
            name = path.relative_to(ROOT / "bnstudio").as_posix()
            if not path.name.startswith("__"):
                yield name if path.suffix else f"{name}/"


@pytest.mark.parametrize(("table", "folder"), [("package", ""), ("module", "ui")])
def test_each_part_has_its_place_in_the_table(table, folder):
    listed = list(first_cells(table))
    assert set(parts(folder)) <= set(listed)
    assert len(listed) == len(set(listed))
    assert [name for name in listed if not (ROOT / "bnstudio" / name).exists()] == []


def test_each_module_that_the_text_names_exists():
    named = re.findall(r"`([\w/]+\.py)`", TEXT)
    assert len(named) > 50
    lost = [name for name in named if not any(f"/{path}".endswith(f"/{name}") for path in FILES)]
    assert lost == []
