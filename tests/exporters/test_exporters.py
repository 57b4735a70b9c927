"""What holds for every exporter and every sample, and for pictures."""

import struct
import xml.etree.ElementTree as ET
from dataclasses import fields

import pytest
from hypothesis import given

from bnstudio.exporters import EXPORTERS, png, svg
from bnstudio.exporters.wires import box_of, path
from bnstudio.graph import Graph, Node, Wire, add
from bnstudio.project import Project, samples
from tests.graphs import projects

SVG = "{http://www.w3.org/2000/svg}"
SAMPLES = {sample.name: sample for sample in samples()}


def texts(picture):
    return ["".join(found.itertext()) for found in ET.fromstring(picture).iter(f"{SVG}text")]


def size_of(content):
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", content[16:24])


def test_suffixes_are_unique():
    suffixes = [exporter.suffix for exporter in EXPORTERS]
    assert len(set(suffixes)) == len(suffixes)
    assert all(suffix.startswith(".") and suffix.islower() for suffix in suffixes)


@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda exporter: exporter.suffix)
@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_every_exporter_exports_every_sample(exporter, sample):
    content = exporter.render(sample.project)
    assert isinstance(content, bytes)
    assert len(content) > 1000
    assert exporter.render(sample.project) == content


@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda exporter: exporter.suffix)
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


def test_a_wire_goes_around_the_boxes_between_its_ends():
    between = box_of(0, 116)
    straight, reach = path((0, 35), (0, 197), [])
    assert (straight.count("C"), reach) == (1, [])
    around, reach = path((0, 35), (0, 197), [between])
    assert around.count("C") == 2
    assert reach[0] >= between.right or reach[0] <= between.left
    _, back = path((0, 200), (0, 0), [])
    assert len(back) == 1


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


def test_light_and_dark_differ_and_are_the_windows_colours():
    from bnstudio.ui import theme

    assert svg.CATEGORIES == theme._CATEGORY
    project = SAMPLES["xor"].project
    for colours, of_window, dark in ((svg.LIGHT, theme.LIGHT, False), (svg.DARK, theme.DARK, True)):
        for field in fields(colours):
            if field.name != "on_badge":
                assert getattr(colours, field.name) == getattr(of_window, field.name)
        assert f'fill="{colours.canvas}"' in svg.render(project, dark=dark)


def test_a_picture_of_a_long_chain_is_made_in_linear_time():
    # Every wire is short, so no wire looks at any other node; a count says so without a clock.
    graph = Graph(
        {f"n{i}": Node(f"n{i}", "Add", f"n{i}", {}, 0.0, 116.0 * i) for i in range(300)},
        tuple(Wire(f"n{i}", 0, f"n{i + 1}", 0) for i in range(299)),
    )
    looked = []

    class Boxes(dict):
        def __getitem__(self, key):
            looked.append(key)
            return super().__getitem__(key)

    boxes = Boxes({id: box_of(node.x, node.y) for id, node in graph.nodes.items()})
    project = Project(graph)
    svg._wires(project, svg.analyze(graph), boxes)
    assert len(looked) == 2 * len(graph.wires)
