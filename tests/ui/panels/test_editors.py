"""An editor for each kind of argument: it shows, it offers, it refuses in words."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox

from bnstudio.layers import LAYERS, all_operations
from bnstudio.layers.nested import CELLS
from bnstudio.layers.objects import Initializer, Regularizer
from bnstudio.layers.operands import Operand
from bnstudio.layers.params import (
    REQUIRED,
    Bool,
    Choice,
    Float,
    Int,
    Ints,
    Numbers,
    Object,
    Param,
    Text,
    Texts,
)
from bnstudio.layers.ranges import Pairs, Range
from bnstudio.settings import LOSSES, METRICS, OPTIMIZERS
from bnstudio.ui.editors import editor_for
from bnstudio.ui.editors.form import ParamForm
from bnstudio.ui.editors.number import show_number, stepped


@pytest.fixture
def editor(qtbot):
    """An editor on show, with lists of what it offered and refused."""

    def make(param: Param, value):
        editor = editor_for(param)
        qtbot.addWidget(editor)
        editor.offered, editor.reasons = [], []
        editor.edited.connect(editor.offered.append)
        editor.refused.connect(editor.reasons.append)
        editor.show_value(value)
        editor.show()
        return editor

    return make


def retype(field, text: str) -> None:
    field.selectAll()
    QTest.keyClicks(field, text)


def choose(combo: QComboBox, text: str) -> None:
    """Picks an entry with the keyboard, as a user does."""
    place = combo.findText(text)
    assert place >= 0, text
    combo.setFocus()
    step = Qt.Key.Key_Down if place > combo.currentIndex() else Qt.Key.Key_Up
    for _ in range(200):
        if combo.currentIndex() == place:
            break
        QTest.keyClick(combo, step)
    assert combo.currentText() == text


def every_param():
    for owner, entry in [
        *LAYERS.items(),
        *CELLS.items(),
        *OPTIMIZERS.items(),
        *LOSSES.items(),
        *METRICS.items(),
    ]:
        for param in entry.params:
            yield pytest.param(param, id=f"{owner}.{param.name}")


@pytest.mark.parametrize("kind", sorted({type(p.values[0]) for p in every_param()}, key=str))
def test_every_kind_in_the_catalogue_has_an_editor_that_shows_defaults(qapp, kind):
    for found in every_param():
        (param,) = found.values
        if type(param) is kind:
            editor = editor_for(param)
            offered: list[object] = []
            editor.edited.connect(offered.append)
            editor.show_value(param.initial if param.required else param.default)
            assert offered == [], f"showing is not editing: {found.id}"
            editor.deleteLater()


def test_a_whole_number_is_typed(editor):
    it = editor(Int("units", REQUIRED, min=1), 64)
    retype(it.field, "128")
    assert it.offered[-1] == 128
    assert it.reasons[-1] == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0", "at least 1"),
        ("-5", "at least 1"),
        ("12.5", "whole number"),
        ("many", "whole number"),
        ("9" * 40, "whole number"),
    ],
)
def test_a_bad_whole_number_is_refused_in_words(editor, text, words):
    it = editor(Int("units", REQUIRED, min=1), 64)
    it.field.selectAll()
    QTest.keyClick(it.field, Qt.Key.Key_Delete)
    it.offered.clear()
    it.field.lineEdit().insert(text)
    it.field.lineEdit().textEdited.emit(text)
    assert words in it.reasons[-1]
    assert it.offered == []


def test_none_is_typed_where_it_is_allowed(editor):
    it = editor(Int("seed", None, optional=True), 3)
    retype(it.field, "None")
    assert it.offered[-1] is None
    other = editor(Int("units", REQUIRED), 3)
    retype(other.field, "None")
    assert "whole number" in other.reasons[-1]


def test_arrow_keys_step_a_number_within_its_bounds(editor):
    it = editor(Int("units", REQUIRED, min=1), 2)
    QTest.keyClick(it.field, Qt.Key.Key_Down)
    QTest.keyClick(it.field, Qt.Key.Key_Down)
    assert it.offered == [1, 1]
    QTest.keyClick(it.field, Qt.Key.Key_Up)
    assert it.offered[-1] == 2


def test_a_decimal_is_typed_and_refused_beyond_its_bounds(editor):
    it = editor(Float("rate", REQUIRED, min=0, max=1), 0.5)
    retype(it.field, "0.25")
    assert it.offered[-1] == 0.25
    retype(it.field, "1.5")
    assert "at most 1" in it.reasons[-1]
    for text in ("nan", "inf", "1e999"):
        retype(it.field, text)
        assert "finite" in it.reasons[-1], text
    assert all(0 <= value <= 1 for value in it.offered)


def test_a_decimal_keeps_what_is_being_typed(editor):
    it = editor(Float("rate", 0.0), 0.0)
    retype(it.field, "0.10")
    it.show_value(it.offered[-1])
    assert it.field.lineEdit().text() == "0.10"
    it.show_value(0.3)
    assert it.field.lineEdit().text() == "0.3"


@pytest.mark.parametrize(
    ("value", "steps", "result"),
    [
        (0.001, 1, 0.002),
        (0.002, -1, 0.001),
        (0.001, -1, 0.0009),
        (0.5, 1, 0.6),
        (0.9, 1, 1.0),
        (0, 1, 0.01),
        (0, -1, -0.01),
        (-0.1, 1, -0.09),
        (20.0, 3, 50.0),
    ],
)
def test_a_decimal_steps_by_its_leading_digit(value, steps, result):
    assert stepped(value, steps) == pytest.approx(result)


@pytest.mark.parametrize("value", [0.1, 1e-7, 123456.789, 1 / 3, 2.0, 10**20, -5])
def test_a_number_is_shown_as_what_it_is(value):
    assert type(value)(show_number(value)) == value


def test_a_check_box(editor):
    it = editor(Bool("use_bias", True), True)
    QTest.keyClick(it.box, Qt.Key.Key_Space)
    assert it.offered == [False]
    it.show_value(True, mixed=True)
    assert it.box.checkState() == Qt.CheckState.PartiallyChecked
    QTest.keyClick(it.box, Qt.Key.Key_Space)
    assert it.offered[-1] in (True, False)
    assert it.box.checkState() != Qt.CheckState.PartiallyChecked


def test_a_choice(editor):
    it = editor(Choice("padding", "valid", ("valid", "same")), "valid")
    choose(it.combo, "same")
    assert it.offered == ["same"]
    it.show_value("valid", mixed=True)
    assert it.combo.currentIndex() == -1


def test_text(editor):
    it = editor(Text("name", None, optional=True), None)
    QTest.keyClicks(it.field, "ab")
    assert it.offered == ["a", "ab"]
    it.field.selectAll()
    QTest.keyClick(it.field, Qt.Key.Key_Delete)
    assert it.offered[-1] is None


def test_texts_are_one_a_line(editor):
    it = editor(Texts("vocabulary", REQUIRED), ("red", "blue"))
    assert it.field.toPlainText() == "red\nblue"
    it.field.moveCursor(it.field.textCursor().MoveOperation.End)
    QTest.keyClick(it.field, Qt.Key.Key_Return)
    assert it.offered[-1] == ("red", "blue"), "a blank line is no text"
    QTest.keyClicks(it.field, "red")
    assert it.reasons[-1] == "Expected each text once, got 'red' twice."
    assert it.offered[-1] == ("red", "blue", "re")
    it.show_value(("a\nb",))
    assert it.field.isReadOnly(), "it would come apart"


def test_a_tuple_of_fixed_length(editor):
    it = editor(Ints("pool_size", (2, 2), length=2, min=1, scalar=True), (2, 2))
    retype(it.fields[1], "3")
    assert it.offered[-1] == (2, 3)
    retype(it.fields[0], "0")
    assert "at least 1" in it.reasons[-1]
    assert it.offered[-1] == (2, 3)


def test_linked_numbers_change_together(editor):
    it = editor(Ints("pool_size", (2, 2), length=2, min=1, scalar=True), (2, 2))
    QTest.mouseClick(it.link, Qt.MouseButton.LeftButton)
    assert it.offered == [2]
    retype(it.fields[0], "5")
    assert it.offered[-1] == 5
    assert it.fields[1].lineEdit().text() == "5"
    QTest.mouseClick(it.link, Qt.MouseButton.LeftButton)
    assert it.offered[-1] == (5, 5)


def test_a_tuple_of_free_length(editor):
    it = editor(Ints("shape", REQUIRED, unknown=True), (30,))
    QTest.mouseClick(it.more, Qt.MouseButton.LeftButton)
    assert it.offered[-1] == (30, 30)
    retype(it.fields[1], "None")
    assert it.offered[-1] == (30, None)
    QTest.mouseClick(it.less, Qt.MouseButton.LeftButton)
    assert it.offered[-1] == (30,)


def test_a_tuple_that_may_be_unset(editor):
    it = editor(Ints("strides", None, length=2, min=1, optional=True), None)
    assert not it.fields
    QTest.mouseClick(it._nothing, Qt.MouseButton.LeftButton)
    assert it.offered == [(1, 1)]
    QTest.mouseClick(it.clear, Qt.MouseButton.LeftButton)
    assert it.offered[-1] is None


def test_a_number_before_and_after_each_dimension(editor):
    it = editor(Pairs("padding", (1, 1), places=("rows", "columns")), (1, (0, 2)))
    shown = [field.lineEdit().text() for fields in it.fields for field in fields]
    assert shown == ["1", "1", "0", "2"]
    retype(it.fields[1][0], "3")
    assert it.offered[-1] == ((1, 1), (3, 2))
    retype(it.fields[0][1], "-1")
    assert "at least 0" in it.reasons[-1]
    assert it.fields[1][1].accessibleName() == "padding columns after"


def test_one_number_for_every_edge(editor):
    it = editor(Pairs("padding", (1, 1), places=("rows", "columns")), ((2, 1), (0, 0)))
    QTest.mouseClick(it.link, Qt.MouseButton.LeftButton)
    assert it.offered == [2]
    retype(it.fields[1][1], "4")
    assert it.offered[-1] == 4
    assert it.fields[0][0].lineEdit().text() == "4"
    QTest.mouseClick(it.link, Qt.MouseButton.LeftButton)
    assert it.offered[-1] == ((4, 4), (4, 4))
    it.show_value(1, mixed=True)
    assert {field.lineEdit().text() for fields in it.fields for field in fields} == {""}


def test_a_range_is_two_numbers_or_one_both_ways(editor):
    it = editor(Range("factor", REQUIRED, scalar=True, min=-1, max=1), 0.25)
    assert [field.isVisible() for field in it.fields] == [True]
    retype(it.fields[0], "0.5")
    assert it.offered[-1] == 0.5
    QTest.mouseClick(it.link, Qt.MouseButton.LeftButton)
    assert it.offered[-1] == (-0.5, 0.5)
    retype(it.fields[1], "0.75")
    assert it.offered[-1] == (-0.5, 0.75)
    retype(it.fields[1], "2")
    assert "at most 1" in it.reasons[-1]
    retype(it.fields[1], "1")
    QTest.mouseClick(it.link, Qt.MouseButton.LeftButton)
    assert it.offered[-1] == 1
    assert [field.isVisible() for field in it.fields] == [True, False]


def test_a_range_that_cannot_go_below_zero_begins_there(editor):
    it = editor(Range("factor", None, scalar=True, min=0, max=1, optional=True), None)
    QTest.mouseClick(it._nothing, Qt.MouseButton.LeftButton)
    assert it.offered == [0.2]
    QTest.mouseClick(it.link, Qt.MouseButton.LeftButton)
    assert it.offered[-1] == (0.0, 0.2)
    QTest.mouseClick(it.clear, Qt.MouseButton.LeftButton)
    assert it.offered[-1] is None


def test_a_range_of_two_has_no_link(editor):
    it = editor(Range("value_range", (0, 255), ordered=True), (0, 255))
    assert not it.link.isVisible()
    retype(it.fields[1], "1")
    assert it.offered[-1] == (0, 1)
    retype(it.fields[0], "1")
    assert "less than the second" in it.reasons[-1]


def test_named_numbers(editor):
    it = editor(Numbers("renorm_clipping", None, keys=("rmax", "rmin")), None)
    QTest.keyClicks(it.fields["rmax"], "3")
    assert it.offered[-1] == {"rmax": 3.0}
    retype(it.fields["rmax"], "None")
    assert it.offered[-1] is None
    retype(it.fields["rmin"], "x")
    assert "number" in it.reasons[-1]


def described(name, **config):
    return {"class_name": name, "config": config}


def test_a_layer_inside_another(editor):
    param = LAYERS["Bidirectional"].by_name["layer"]
    it = editor(param, described("GRU", units=5))
    assert it.inside.form.rows["units"].editor.field.text() == "5"
    assert "initial_state" not in it.inside.form.rows, "the layer around it makes the call"
    retype(it.inside.form.rows["units"].editor.field, "7")
    assert it.offered[-1] == described("GRU", units=7)
    choose(it.combo, "LSTM")
    assert it.offered[-1] == described("LSTM", **LAYERS["LSTM"].initial)
    it.show_value(described("Dense", units=5))
    assert it.combo.currentIndex() == -1
    assert "Dense" in it.combo.placeholderText(), "what can be no layer here is shown all the same"
    assert it.inside.form is None


def test_a_layer_that_may_be_none(editor):
    it = editor(LAYERS["Bidirectional"].by_name["backward_layer"], None)
    assert it.inside.form is None
    choose(it.combo, "SimpleRNN")
    assert it.offered[-1] == described("SimpleRNN", units=32)
    choose(it.combo, "None")
    assert it.offered[-1] is None


def test_what_the_layer_around_it_cannot_take_is_refused(editor):
    it = editor(LAYERS["TimeDistributed"].by_name["layer"], described("LSTM", units=3))
    QTest.keyClick(it.inside.form.rows["return_state"].editor.box, Qt.Key.Key_Space)
    assert "Expected one output" in it.reasons[-1]
    assert it.offered == []


def test_layers_one_after_the_other_inside_another(editor):
    cells = described("GRUCell", units=4), described("LSTMCell", units=2)
    it = editor(CELLS["StackedRNNCells"].by_name["cells"], cells)
    assert [row.editor.combo.currentText() for row in it.rows] == ["GRUCell", "LSTMCell"]
    QTest.mouseClick(it.add, Qt.MouseButton.LeftButton)
    assert it.offered[-1] == (*cells, cells[1])
    retype(it.rows[2].editor.inside.form.rows["units"].editor.field, "6")
    assert it.offered[-1] == (*cells, described("LSTMCell", units=6))
    QTest.mouseClick(it.rows[0].remove, Qt.MouseButton.LeftButton)
    assert it.offered[-1] == (cells[1], described("LSTMCell", units=6))
    QTest.mouseClick(it.rows[0].remove, Qt.MouseButton.LeftButton)
    assert not it.rows[0].remove.isEnabled(), "one is left"


def test_an_initializer_with_its_own_arguments(editor):
    it = editor(Initializer("kernel_initializer", "glorot_uniform"), "glorot_uniform")
    choose(it.combo, "RandomNormal")
    assert it.offered[-1] == "random_normal", "the short form that Keras knows"
    retype(it.form.rows["stddev"].editor.field, "0.2")
    assert it.offered[-1] == {"class_name": "RandomNormal", "config": {"stddev": 0.2}}
    QTest.keyClick(it.form.rows["stddev"].editor.field, Qt.Key.Key_Return)
    retype(it.form.rows["stddev"].editor.field, "-1")
    assert "at least 0" in it.form.rows["stddev"].reason.text()
    assert it.offered[-1] == {"class_name": "RandomNormal", "config": {"stddev": 0.2}}
    QTest.mouseClick(it.form.rows["stddev"].reset, Qt.MouseButton.LeftButton)
    assert it.offered[-1] == "random_normal"


def test_a_regularizer_may_be_none(editor):
    it = editor(Regularizer("kernel_regularizer", None, optional=True), "l2")
    assert it.combo.currentText() == "L2"
    retype(it.form.rows["l2"].editor.field, "0.1")
    assert it.offered[-1] == {"class_name": "L2", "config": {"l2": 0.1}}
    choose(it.combo, "None")
    assert it.offered[-1] is None
    assert it.form is None


def test_what_every_object_editor_offers_is_accepted(editor):
    seen: set[type] = set()
    for found in every_param():
        (param,) = found.values
        if not isinstance(param, Object) or type(param) in seen:
            continue
        seen.add(type(param))
        it = editor(param, param.initial if param.required else param.default)
        for place in range(it.combo.count()):
            it.combo.setCurrentIndex(place)
            it.combo.activated.emit(place)
            assert param.check(it.offered[-1]) is None, (found.id, it.combo.currentText())
    assert len(seen) >= 3


def test_the_form_folds_counts_and_resets(qtbot):
    dense = LAYERS["Dense"]
    form = ParamForm(dense.params, owner="Dense")
    qtbot.addWidget(form)
    form.show()
    asked: list[tuple[str, object, str]] = []
    form.edited.connect(lambda *args: asked.append(args))
    form.show_values({"units": 32, "use_bias": False, "bias_initializer": "ones"})
    assert form.rows["use_bias"].changed
    assert form.rows["units"].changed
    assert not form.rows["activation"].changed
    assert "1 changed" in form.folds["Initializers"].head.text()
    assert not form.rows["bias_initializer"].isVisible()
    form.focus("bias_initializer")
    assert form.rows["bias_initializer"].isVisible()
    QTest.mouseClick(form.rows["use_bias"].reset, Qt.MouseButton.LeftButton)
    QTest.mouseClick(form.rows["units"].reset, Qt.MouseButton.LeftButton)
    assert [(name, value) for name, value, _ in asked] == [("use_bias", ...), ("units", 64)]


def test_a_value_equal_to_the_default_is_taken_out(qtbot):
    form = ParamForm(LAYERS["Dropout"].params, owner="Dropout")
    qtbot.addWidget(form)
    asked: list[tuple[str, object, str]] = []
    form.edited.connect(lambda *args: asked.append(args))
    form.show_values({"rate": 0.5, "seed": 3})
    form.rows["seed"].editor.offer(None)
    assert asked[-1][:2] == ("seed", ...)


def test_one_visit_to_a_field_is_one_undo_step(qtbot):
    form = ParamForm(LAYERS["Dense"].params, owner="Dense")
    qtbot.addWidget(form)
    form.show()
    keys: list[str] = []
    form.edited.connect(lambda _name, _value, merge: keys.append(merge))
    form.show_values({"units": 64})
    field = form.rows["units"].editor.field
    retype(field, "128")
    assert len(set(keys)) == 1
    QTest.keyClick(field, Qt.Key.Key_Return)
    retype(field, "7")
    assert len(set(keys)) == 2


def test_a_constant_is_typed_and_none_of_it_is_a_wire(editor):
    shown = editor(Operand("x2", None), (1.0, 2.0))
    assert shown.field.text() == "[1.0, 2.0]"
    retype(shown.field, "2")
    assert shown.offered[-1] == 2
    retype(shown.field, "[1, 2")
    assert "Expected a number or a rectangular array" in shown.reasons[-1]
    shown.show_value(None)
    assert shown.field.text() == ""
    assert shown.field.placeholderText() == "from a wire"


def test_every_argument_of_an_operation_has_an_editor(qtbot):
    kinds = {type(param): param for entry in all_operations().values() for param in entry.params}
    for param in kinds.values():
        qtbot.addWidget(editor_for(param))
