"""Notebooks follow Jupyter's schema and hold the script, a cell a part."""

import base64

import nbformat
import pytest
from hypothesis import given

from bnstudio.exporters import notebook, png
from bnstudio.exporters.keras_script import render
from bnstudio.project import Project, samples
from tests.graphs import projects

SAMPLES = {sample.name: sample.project for sample in samples()}


def read(project):
    found = nbformat.reads(notebook.render(project).decode(), as_version=4)
    nbformat.validate(found)
    assert (found.nbformat, found.nbformat_minor) == (4, 5)
    return {cell.id: cell for cell in found.cells}


@pytest.mark.parametrize("project", SAMPLES.values(), ids=SAMPLES)
def test_the_cells_are_the_lines_of_the_script_in_their_order(project):
    script = render(project).text
    cells = read(project)
    said = 0
    for id, cell in cells.items():
        if cell.cell_type == "code" and id != "curves":
            compile(cell.source, id, "exec")
            lines = iter([line.strip() for line in script.split("\n")])
            for line in filter(None, map(str.strip, cell.source.split("\n"))):
                assert line in lines  # which goes on from where the line before was
                said += 1
    # All but what stands around them: the title, the head and the end of main, and its call.
    rest = sum(bool(line) for line in script[script.index("\nimport keras") :].split("\n")) - said
    assert rest == len(["def main", "its docstring", "return", "if __name__", "main()"])
    assert cells["model"].source in script
    picture = cells["title"].attachments["model.png"]["image/png"]
    assert base64.b64decode(picture) == png.render(project)


def test_what_is_written_of_a_project_is_shown_as_it_is():
    about = 'Costs $5 <b>*or*</b>\n# "less" `code` [a](b) | c'
    title = read(Project(title="1. Is 2 < 3?", about=about))["title"]
    assert title.source.split("\n\n") == [
        "# 1\\. Is 2 \\< 3?",
        'Costs \\$5 \\<b\\>\\*or\\*\\</b\\> \\# "less" \\`code\\` \\[a\\](b) \\| c',
    ]
    assert "attachments" not in title


def test_a_picture_that_is_too_large_is_left_out(monkeypatch):
    project = SAMPLES["xor"]
    monkeypatch.setattr(notebook, "LARGEST_PICTURE", 1000)
    title = read(project)["title"]
    assert "attachments" not in title
    assert "attachment:" not in title.source


@given(projects())
def test_any_project_gives_a_notebook(project):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(png, "render", lambda project: b"a picture")
        cells = read(project)
    assert ("attachments" in cells["title"]) == bool(project.graph.nodes)
    assert "def load_data():" in cells["data"].source
