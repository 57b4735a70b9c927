"""The editors: one small file a kind of argument, found by the kind's class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.nested import Nested, NestedList
from bnstudio.layers.operands import Operand
from bnstudio.layers.params import (
    Bool,
    Choice,
    Float,
    Floats,
    Int,
    Ints,
    Json,
    Numbers,
    Object,
    Param,
    Text,
    Texts,
)
from bnstudio.layers.ranges import AxisPairs, PairList, Pairs, Range
from bnstudio.settings import LearningRate
from bnstudio.ui.editors.base import Editor
from bnstudio.ui.editors.choice import BoolEditor, ChoiceEditor
from bnstudio.ui.editors.learning_rate import LearningRateEditor
from bnstudio.ui.editors.nested import NestedEditor, NestedListEditor
from bnstudio.ui.editors.number import NumberEditor
from bnstudio.ui.editors.objects import ObjectEditor
from bnstudio.ui.editors.ranges import PairsEditor, RangeEditor
from bnstudio.ui.editors.text import ArrayEditor, JsonEditor, TextEditor, TextsEditor
from bnstudio.ui.editors.tuples import FloatsEditor, IntsEditor, NumbersEditor

if TYPE_CHECKING:
    from collections.abc import Callable

EDITORS: dict[type[Param], Callable[[Any], Editor]] = {
    Bool: BoolEditor,
    Int: NumberEditor,
    Float: NumberEditor,
    Text: TextEditor,
    Json: JsonEditor,
    Texts: TextsEditor,
    Choice: ChoiceEditor,
    Ints: IntsEditor,
    Floats: FloatsEditor,
    Operand: ArrayEditor,
    Pairs: PairsEditor,
    PairList: ArrayEditor,
    AxisPairs: ArrayEditor,
    Range: RangeEditor,
    Numbers: NumbersEditor,
    LearningRate: LearningRateEditor,
    Nested: NestedEditor,
    NestedList: NestedListEditor,
    Object: ObjectEditor,
}
"""The editor of each kind; a kind without one of its own is edited as its base class is."""


def editor_for(param: Param) -> Editor:
    """An editor for an argument.

    Raises:
        KeyError: If there is none for its kind.
    """
    if isinstance(param, Bool) and param.optional:
        return ChoiceEditor(param)
    for kind in type(param).__mro__:
        if kind in EDITORS:
            return EDITORS[kind](param)
    raise KeyError(f"There is no editor for {type(param).__name__}.")


__all__ = ["EDITORS", "Editor", "editor_for"]
