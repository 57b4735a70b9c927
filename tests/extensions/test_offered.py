"""What packages offer is read off what they say of themselves, whatever that is; nothing is run."""

import json
import sys

import pytest

from bnstudio import cli, extensions, importers
from bnstudio import project as projects
from bnstudio.analysis import analyze
from bnstudio.exporters import keras_script
from bnstudio.layers import LAYERS
from bnstudio.layers.foreign import Answer, Argument, Form, registered
from bnstudio.project import Project
from tests.engine.projects import Drawing, chain
from tests.extensions.package import PACKAGE, at_hand, install
from tests.importers.hostile import functional, layer

SCALE = f"{PACKAGE}:Scale"
FORM = Form(
    SCALE, "sample_layers.code", "Scale", arguments=(Argument("start", "float", False, 1.0),),
    registered="sample>Scale",
)  # fmt: skip
DRAWN = chain(("Input", {"shape": (4,)}), (SCALE, {"start": 2.0}), ("Dense", {"units": 2}))


@pytest.fixture
def folder(tmp_path):
    with at_hand(tmp_path / "site") as folder:
        yield folder
    assert not (folder / "sample_layers" / "imported").exists()
    assert "sample_layers" not in sys.modules


def package(name=PACKAGE):
    return next(each for each in extensions.packages() if each.name == name)


def test_a_package_is_listed_with_what_is_wrong_and_is_off(folder):
    found = package()
    assert found.version == "1.2"
    reasons = {offer.name: offer.reason for offer in found.offers}
    assert [name for name, reason in reasons.items() if not reason] == [
        "Scale", "Widen", "Halves", "Between", "Total", "Raises", "Hangs", "Dies", "Nothing",
        "Missing",
    ]  # fmt: skip
    assert "two layers of the name 'Twice'" in reasons["Twice"]
    assert "not a name for a layer" in reasons["odd name"]
    assert "package.module:Class" in reasons["Odd"]
    status = extensions.put_in_place()
    assert status.confirmed == frozenset()
    assert status.undescribed == ()
    assert SCALE not in LAYERS
    assert "off until you confirm it" in registered().absent[SCALE]
    inside = Drawing()
    inside.add("Input", shape=(4,))
    inside.add("Functional", inside=DRAWN)
    assert extensions.versions_of(inside.graph) == {PACKAGE: "1.2"}, "for the record of a run"
    assert extensions.versions_of(chain(("Input", {"shape": (4,)}))) == {}


@pytest.mark.parametrize(
    ("metadata", "entries"),
    [
        (b"\xff\xfe\x00", b"[bnstudio.layers]\nX = a:B\n"),
        (b"", b"[bnstudio.layers]\nX = a:B\n"),
        (b"Name: keras-like\nVersion: 1\n", b"[bnstudio.layers]\nX\n = \n]["),
        (b"Name: keras\nVersion: 1\n", b"[bnstudio.layers]\nDense = os:system\n"),
        (b"Name: a\nVersion: \xff\n", b"[bnstudio.layers]\n\xff\xff = os:system\n"),
        (b"Name: a/../b\nVersion: 1\n", b"[bnstudio.layers]\nX = os:system\n"),
        (b"Name: a\nVersion: 1\n", b"[bnstudio.layers]\nX = os; import sys:system\n"),
    ],
)
def test_a_damaged_package_stops_nothing_and_offers_nothing(folder, metadata, entries):
    info = folder / "damaged-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_bytes(metadata)
    (info / "entry_points.txt").write_bytes(entries)
    extensions.packages.cache_clear()
    for found in extensions.packages():
        extensions.confirm(found.name)
    wanted = extensions.put_in_place().undescribed
    assert wanted
    assert all(type.startswith(f"{PACKAGE}:") for type in wanted)


def test_a_choice_is_remembered_and_can_be_taken_back(folder):
    extensions.confirm(PACKAGE)
    extensions.confirm("other")
    assert extensions.confirmed() == {PACKAGE, "other"}
    extensions.forbid("other")
    assert extensions.confirmed() == {PACKAGE}
    (place,) = (folder / "config").rglob("layers.json")
    for damaged in ("{", "[]", '{"confirmed": 3}', '{"confirmed": [3, {}]}', "\x00"):
        place.write_text(damaged)
        assert extensions.confirmed() == frozenset()


def known(version="1.2"):
    """The package confirmed, and one of its layers described, as at a start after the first."""
    extensions.confirm(PACKAGE)
    extensions.keep(extensions.Kept(PACKAGE, version, (FORM,)))
    return extensions.put_in_place()


def test_what_was_said_is_there_at_the_next_start_and_not_of_another_version(folder):
    assert SCALE not in known("1.1").registered().types
    status = known()
    assert SCALE in LAYERS
    assert SCALE not in status.undescribed
    asked = LAYERS[SCALE].question([(None, 4)], {"start": 2.0})
    extensions.learn({asked: Answer(((None, 4),), (("factor", (4,), True),))})
    assert extensions.status().registered().answers.keys() == {asked}
    analysis = analyze(DRAWN)
    assert not analysis.failed
    assert analysis.trainable == 4 + 4 * 2 + 2
    extensions.forbid(PACKAGE)
    extensions.put_in_place()
    assert analyze(DRAWN, analysis).failed == {"scale"}
    (kept,) = ((folder / "data").rglob(f"{PACKAGE}-*.json"),)
    next(kept).write_text("[]")


def test_the_script_imports_the_class_and_calls_it(folder):
    known()
    text = keras_script.render(Project(DRAWN)).text
    assert "from sample_layers.code import Scale\n" in text
    assert 'Scale(start=2.0, name="scale")' in text


def test_two_classes_of_one_name_are_told_apart_in_the_script(folder):
    install(folder, "[bnstudio.layers]\nScale = other.code:Scale\n", "other", "1", "other")
    known()
    extensions.confirm("other")
    form = Form("other:Scale", "other.code", "Scale")
    extensions.keep(extensions.Kept("other", "1", (form,)))
    extensions.put_in_place()
    drawn = chain(("Input", {"shape": (4,)}), SCALE, "other:Scale")
    text = keras_script.render(Project(drawn)).text
    assert "from other.code import Scale as other_code_Scale\n" in text
    assert "from sample_layers.code import Scale as sample_layers_code_Scale\n" in text


def written(tmp_path, *layers):
    path = tmp_path / "net.json"
    path.write_text(json.dumps(functional(*layers)))
    return path


def test_a_file_that_names_the_class_becomes_it_only_once_it_is_confirmed(folder, tmp_path):
    path = written(
        tmp_path,
        layer("Scale", "s", "in", module="sample_layers.code", start=3.0, trainable=True),
    )
    assert importers.load(path).project.graph.nodes["s"].type == "custom.Scale"
    known()
    node = importers.load(path).project.graph.nodes["s"]
    assert (node.type, node.params) == (SCALE, {"start": 3.0})


def test_a_file_with_more_than_the_signature_takes_stays_as_it_is(folder, tmp_path):
    known()
    path = written(
        tmp_path, layer("Scale", "s", "in", module="sample_layers.code", start=3.0, gadget="x")
    )
    assert importers.load(path).project.graph.nodes["s"].type == "custom.Scale"


@pytest.mark.parametrize("type", ["os:system", "sample-layers:Widen", "keras:Lambda", "a:b"])
def test_no_project_has_anything_imported(folder, type):
    known()
    before = set(sys.modules)
    project = Project(chain(("Input", {"shape": (4,)}), (type, {"units": 3})))
    again = projects.loads(projects.dumps(project), known_layers=True)
    assert again.graph == project.graph
    assert len(analyze(again.graph).failed) == 1
    compile(keras_script.render(again).text, "script", "exec")
    assert {name for name in set(sys.modules) - before if name.startswith(("sample", "keras"))} == (
        set()
    )


def test_the_command_lists_and_refuses_in_words(folder, capsys):
    assert cli.run(cli.parse(["layers"])) == 0
    said = capsys.readouterr().out
    assert f"{PACKAGE} 1.2: off" in said
    assert f"{SCALE}: sample_layers.code:Scale" in said
    assert cli.run(cli.parse(["layers", "--allow", "nothing-here"])) == 2
    assert "no installed package of that name" in capsys.readouterr().err
    known()
    assert cli.run(cli.parse(["layers", "--forbid", PACKAGE, "--format", "json"])) == 0
    (found,) = json.loads(capsys.readouterr().out)["packages"]
    assert found["confirmed"] is False
    assert extensions.confirmed() == frozenset()


def test_a_layer_inside_a_model_is_asked_about_and_answered_too(folder):
    known()
    inside = chain(("Input", {"shape": (4,)}), (SCALE, {"start": 2.0}))
    drawing = Drawing()
    drawing.add("Input", shape=(4,))
    model = drawing.add("Functional", inside=inside)
    last = drawing.add("Dense", units=2)
    before = analyze(drawing.graph)
    (asked,) = before.questions
    assert asked == LAYERS[SCALE].question([(None, 4)], {"start": 2.0})
    assert before.shape(last) is None
    extensions.learn({asked: Answer(((None, 4),), (("factor", (4,), True),))})
    after = analyze(drawing.graph, before)
    assert after == analyze(drawing.graph)
    assert after.questions == ()
    assert after.shape(last) == (None, 2)
    assert [weight.name for weight in after.facts[model].weights] == ["scale/factor"]
