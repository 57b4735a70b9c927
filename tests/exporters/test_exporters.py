"""What holds for every exporter and every sample, and for pictures."""

import re
import struct
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given

from bnstudio.exporters import EXPORTERS, exporter_of, pdf, png, svg
from bnstudio.exporters.exporter import Exporter
from bnstudio.graph import Graph, Node, Wire, add
from bnstudio.look.colours import DARK, LIGHT
from bnstudio.look.geometry import PITCH
from bnstudio.project import Project, samples
from tests.graphs import projects

SVG = "{http://www.w3.org/2000/svg}"
SAMPLES = {sample.name: sample for sample in samples()}
PURE = [exporter for exporter in EXPORTERS if exporter.render is not None]
"""Those that need no engine; ``tests/engine/test_export.py`` has the others."""


def texts(picture):
    return ["".join(found.itertext()) for found in ET.fromstring(picture).iter(f"{SVG}text")]


def size_of(content):
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", content[16:24])


def test_suffixes_are_unique():
    suffixes = [exporter.suffix for exporter in EXPORTERS]
    assert len(set(suffixes)) == len(suffixes)
    assert all(suffix.startswith(".") and suffix.islower() for suffix in suffixes)
    for exporter in EXPORTERS:
        assert exporter_of(Path(f"a.b{exporter.suffix.upper()}")) is exporter
    assert exporter_of(Path("model.h5")) is None
    assert exporter_of(Path("svg")) is None
    assert exporter_of(Path(".svg")) is None


def test_what_is_not_installed_is_named():
    exporter = Exporter("A", ".a", needs=("json", "no_such_package_1", "no_such_package_2"))
    assert exporter.missing == "pip install no_such_package_1 no_such_package_2"
    assert replace(exporter, needs=("json",)).missing == ""


@pytest.mark.parametrize("exporter", PURE, ids=lambda exporter: exporter.suffix)
@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_every_exporter_exports_every_sample(exporter, sample):
    content = exporter.render(sample.project)
    assert isinstance(content, bytes)
    assert len(content) > len(exporter.render(Project()))
    assert exporter.render(sample.project) == content


@pytest.mark.parametrize("exporter", PURE, ids=lambda exporter: exporter.suffix)
def test_every_exporter_exports_nothing(exporter):
    assert exporter.render(Project())


def test_a_picture_says_what_the_canvas_says():
    said = texts(svg.render(SAMPLES["batchnorm_between"].project))
    assert said[:3] == ["Input", "input", "shape (30,)"]
    for line in ("BatchNormalization", "units 64", "rate 0.5", "(None, 64)", "1,920", "256"):
        assert line in said


def test_a_picture_marks_what_is_wrong():
    picture = svg.render(SAMPLES["batchnorm_unconnected"].project)
    assert texts(picture).count("×") == 1
    assert 'class="error"' in picture
    assert 'class="error"' not in svg.render(SAMPLES["batchnorm_between"].project)


def test_there_is_a_wire_for_each_wire_and_a_box_for_each_node():
    for sample in SAMPLES.values():
        picture = svg.render(sample.project)
        assert picture.count('class="w"') == len(sample.project.graph.wires)
        assert picture.count('class="b"') == len(sample.project.graph.nodes)


@given(projects())
def test_any_drawing_gives_a_picture_that_holds_it(project):
    root = ET.fromstring(svg.render(project))
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    for rect in root.iter(f"{SVG}rect"):
        x, y = float(rect.attrib["x"]), float(rect.attrib["y"])
        assert left - 1e-3 * width <= x <= left + width * 1.001
        assert top - 1e-3 * height <= y <= top + height * 1.001
    allowed = {"svg", "title", "style", "rect", "path", "circle", "text", "g"}
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= allowed


def test_long_texts_are_cut_to_their_box():
    graph, _ = add(Graph(), "Dense", params={"units": 10**15}, name="a_very_long_name" * 20)
    said = texts(svg.render(Project(graph)))
    assert max(map(len, said)) < 40
    assert any(line.endswith("…") for line in said)


def test_a_png_is_twice_the_size_and_has_bounds():
    project = SAMPLES["xor"].project
    root = ET.fromstring(svg.render(project))
    width, height = size_of(png.render(project))
    assert (width, height) == (
        2 * float(root.attrib["width"]), 2 * float(root.attrib["height"]),
    )  # fmt: skip
    far = Graph(
        {"a": Node("a", "Add", "a", {}, -1e300, 0.0), "b": Node("b", "Add", "b", {}, 1e9, 9.0)}
    )
    width, height = size_of(png.render(Project(far)))
    assert max(width, height) <= png.LONGEST
    assert min(width, height) >= 1


def opened(content):
    """The only page of a PDF: its size in points, what it says, and how many pictures are in it."""
    document = pypdfium2.PdfDocument(content)
    (page,) = document
    text = page.get_textpage()
    said = text.get_text_range()
    kinds = [found.type for found in page.get_objects(max_depth=9)]
    size, title = page.get_size(), document.get_metadata_value("Title")
    text.close()
    page.close()
    document.close()
    return size, said, kinds.count(pypdfium2.raw.FPDF_PAGEOBJ_IMAGE), title


@pytest.mark.parametrize("name", ["batchnorm_unconnected", "moons_two_branches"])
def test_a_pdf_is_the_picture_as_vectors_with_the_fonts_in_it(name):
    project = SAMPLES[name].project
    picture, content = svg.render(project), pdf.render(project)
    root = ET.fromstring(picture)
    (width, height), said, images, title = opened(content)
    assert width == pytest.approx(0.75 * float(root.attrib["width"]), abs=0.01)
    assert height == pytest.approx(0.75 * float(root.attrib["height"]), abs=0.01)
    assert sorted(said.split()) == sorted(" ".join(texts(picture)).split())
    assert (images, title) == (0, project.title)
    assert content.count(b"/FontFile") == content.count(b"/Type/FontDescriptor") > 0


def test_a_pdf_of_a_drawing_of_any_size_and_of_any_text_is_one_page():
    far = Graph(
        {"a": Node("a", "Add", "a", {}, -1e300, 0.0), "b": Node("b", "Add", "b", {}, 1e9, 9.0)}
    )
    (width, height), *_ = opened(pdf.render(Project(far)))
    assert width == pdf.LONGEST
    assert height > 0
    odd = Graph({"a": Node("a", "Add", "#a $x$ *b* \\ ]", {}, 0.0, 0.0)})
    _, said, _, title = opened(pdf.render(Project(odd, title='#set "]')))
    assert "#a$x$*b*\\]" in "".join(said.split())
    assert title == '#set "]'


def test_light_and_dark_differ():
    project = SAMPLES["xor"].project
    for colours, dark in ((LIGHT, False), (DARK, True)):
        assert f'fill="{colours.canvas}"' in svg.render(project, dark=dark)


def test_wires_are_routed_as_on_the_canvas_and_the_picture_holds_them():
    graph = Graph(
        {f"n{i}": Node(f"n{i}", "Add", f"n{i}", {}, 0.0, PITCH * i) for i in range(3)},
        (Wire("n0", 0, "n1", 0), Wire("n1", 0, "n2", 0), Wire("n0", 0, "n2", 1)),
    )
    root = ET.fromstring(svg.render(Project(graph)))
    paths = [path.attrib["d"] for path in root.iter(f"{SVG}path") if path.get("class") == "w"]
    assert [len(path.split()) for path in paths] == [7, 7, 19]  # the last one goes around n1
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    numbers = [float(number) for path in paths for number in re.findall(r"-?[\d.]+", path)]
    assert left < min(numbers[::2]) <= max(numbers[::2]) < left + width
    assert top < min(numbers[1::2]) <= max(numbers[1::2]) < top + height


def test_a_picture_of_a_long_chain_is_made_in_linear_time(monkeypatch):
    # Every wire is short, so no wire looks at any other node; a count says so without a clock.
    graph = Graph(
        {f"n{i}": Node(f"n{i}", "Add", f"n{i}", {}, 0.0, PITCH * i) for i in range(300)},
        tuple(Wire(f"n{i}", 0, f"n{i + 1}", 0) for i in range(299)),
    )
    looked = []
    monkeypatch.setattr(svg.Grid, "near", lambda _, region: looked.append(region) or {})
    svg.render(Project(graph))
    assert looked == []
