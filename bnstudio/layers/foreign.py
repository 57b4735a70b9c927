"""Layer types that are not of this program: a package offers them, or a newer Keras has them.

The catalogue cannot know what they do. Their form comes from the signature of their class, and
their shape from the engine, which calls the class. What the engine has said so far is an immutable
value that is put in place as a whole (``register``); a layer about which it has not been asked yet
gives no shape until it has been. Nothing here imports anything that such a type names.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from bnstudio.graph import freeze
from bnstudio.layers.catalogue import COMMON
from bnstudio.layers.layer_type import LayerType, Shape, ShapeError, Weight
from bnstudio.layers.params import REQUIRED, Bool, Float, Int, Json, Param, Text
from bnstudio.layers.ports import Given, Port

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bnstudio.graph import Value

KERAS = "keras"
"""The package whose layers are trusted: what of them the catalogue lacks is a newer Keras's."""

FOREIGN_CATEGORIES = CUSTOM, NEWER = ("Custom", "Newer Keras")
"""The palette's headings of such types."""

SAYS = "Its form comes from its signature, its shape from the engine."
"""What is said of each of them."""

_TYPE = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*):([A-Za-z_][A-Za-z0-9_]*)")


class Argument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One argument of a signature.

    Attributes:
        kind: What its default or its annotation says it is; ``json`` for anything else.
        required: Whether it has no default.
        default: The default, lists for tuples.
        optional: Whether None may stand there.
    """

    name: str
    kind: Literal["bool", "int", "float", "text", "json"]
    required: bool = False
    default: Any = None
    optional: bool = False


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A class as its signatures describe it.

    Attributes:
        type: What a node of it is called: the package and the name that it is offered by.
        module: Where the class is imported from.
        name: The class.
        help: The first paragraph of its docstring.
        arguments: Of its constructor, without those that every layer has.
        call: Of its call, without tensors, ``mask`` and ``training``.
        inputs: The tensors that its call takes, by name.
        several: Whether it takes any number of tensors, as a list.
        common: Whether its constructor takes what every layer's does: ``trainable``, ``dtype``.
        left_out: The arguments whose default cannot be written down; they stay at it.
        registered: The name under which Keras saves it; empty for that of the class.
    """

    type: str
    module: str
    name: str
    help: str = ""
    arguments: tuple[Argument, ...] = ()
    call: tuple[Argument, ...] = ()
    inputs: tuple[str, ...] = ("inputs",)
    several: bool = False
    common: bool = True
    left_out: tuple[str, ...] = ()
    registered: str = ""


class Question(NamedTuple):
    """What the engine is asked: which shapes come out of a layer, and which weights it makes.

    Attributes:
        type: The layer type.
        params: Its arguments, as JSON with sorted keys.
        inputs: The shapes that come in.
    """

    type: str
    params: str
    inputs: tuple[Shape, ...]


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the engine has said.

    Attributes:
        outputs: The shapes; empty where there are none because of ``error``.
        weights: Name, shape and whether it is trained, in Keras's order.
        error: What the layer's own code had to say against it; empty where it worked.
    """

    outputs: tuple[tuple[int | None, ...], ...] = ()
    weights: tuple[tuple[str, tuple[int, ...], bool], ...] = ()
    error: str = ""


class NotAskedYetError(ShapeError):
    """The engine has not been asked yet.

    Attributes:
        question: What it is to be asked.
    """

    code = "EXT02"

    def __init__(self, question: Question) -> None:
        super().__init__("Its shape is not known yet: the engine is being asked.")
        self.question = question


class ForeignError(ShapeError):
    """The code of the layer itself has failed, in its own words."""

    code = "EXT03"


@dataclass(frozen=True)
class Foreign(LayerType):
    """A layer type of somebody else's.

    Attributes:
        module: Where its class is imported from.
        class_name: The class.
        registered: The name under which Keras saves it.
    """

    module: str = ""
    class_name: str = ""
    registered: str = ""

    def arrange(self, inputs: Sequence[Any], params: Mapping[str, Value]) -> Given:
        """One tensor for itself, and several as a list, where the inputs have no names."""
        made = super().arrange(inputs, params)
        if self.ports or len(inputs) != 1:
            return made
        return Given((inputs[0],), made.keyword, made.options)

    def question(self, inputs: Sequence[Shape], params: Mapping[str, Value]) -> Question:
        """What there is to ask about it with these inputs and arguments."""
        return Question(self.name, json.dumps(params, sort_keys=True), tuple(inputs))

    def output_shapes(
        self, inputs: Sequence[Shape], params: Mapping[str, Value]
    ) -> tuple[Shape, ...]:
        """What the engine has said.

        Raises:
            NotAskedYetError: If it has not.
            ForeignError: If the layer's code fails, with the reason.
        """
        answer = self._answer(inputs, params)
        if answer.error:
            raise ForeignError(answer.error)
        return answer.outputs

    def weights(self, inputs: Sequence[Shape], params: Mapping[str, Value]) -> tuple[Weight, ...]:
        """What the engine has said; raises as ``output_shapes`` does."""
        return tuple(Weight(*each) for each in self._answer(inputs, params).weights)

    def flops(
        self, inputs: Sequence[Shape], outputs: Sequence[Shape], params: Mapping[str, Value]
    ) -> int | None:
        """Not known."""
        return None

    def _answer(self, inputs: Sequence[Shape], params: Mapping[str, Value]) -> Answer:
        asked = self.question(inputs, params)
        answer = registered().answers.get(asked)
        if answer is None:
            raise NotAskedYetError(asked)
        return answer


@dataclass(frozen=True)
class Registered:
    """What is known of layers that are not of this program.

    Attributes:
        types: Those that can be used, in palette order.
        absent: Why others cannot, by type.
        answers: What the engine has said.
    """

    types: Mapping[str, Foreign] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[Question, Answer] = field(default_factory=dict)


_registered = Registered()


def registered() -> Registered:
    """What is known now."""
    return _registered


def register(known: Registered) -> None:
    """Puts another value in place. An analysis that was made with the one before is out of date."""
    global _registered
    _registered = known


def is_foreign(type: str) -> bool:
    """Whether a node's type names a package and a layer in it."""
    return _TYPE.fullmatch(type) is not None


def package_of(type: str) -> str:
    """The package that such a type names."""
    return type.partition(":")[0]


def why_absent(type: str) -> str:
    """Why a node of such a type is none that can be built, as a sentence."""
    package, _, name = type.partition(":")
    if package == KERAS:
        reason = f"The installed Keras has no layer {name!r} that is not in the catalogue."
    else:
        reason = f"The package {package!r}, which offers {name!r}, is not confirmed or not here."
    return registered().absent.get(type, reason)


def foreign_type(form: Form) -> Foreign:
    """The layer type that a class's signatures make.

    Raises:
        ValueError: If the form is not one that ``is_foreign`` and the signature of a class allow.
    """
    if not is_foreign(form.type) or not form.inputs:
        raise ValueError(f"{form.type!r} is not a layer of a package.")
    params = tuple(map(_param, form.arguments))
    call = tuple(map(_param, form.call))
    ports = tuple(Port(name, name) for name in form.inputs) if len(form.inputs) > 1 else ()
    most = len(ports) or (None if form.several else 1)
    left = f" {', '.join(form.left_out)} stays at the default." if form.left_out else ""
    summary = " ".join(form.help.split()) or f"{form.name} of {form.module}."
    where = f"It is {form.name} of {form.module}."
    return Foreign(
        form.type,
        NEWER if package_of(form.type) == KERAS else CUSTOM,
        (*params, *(COMMON if form.common else ()), *call),
        tuple(param.name for param in params[:2]),
        len(ports) or 1,
        most,
        f"{summary}\n\n{where} {SAYS}{left}",
        ports,
        call,
        _no_rule,
        module=form.module,
        class_name=form.name,
        registered=form.registered,
    )


def _no_rule(*_: Any, **__: Any) -> Shape:
    raise TypeError("The engine says what a layer gives that is not of this program.")


def _param(argument: Argument) -> Param:
    """An argument with the kind of editor that its signature asks for."""
    default = REQUIRED if argument.required else freeze(argument.default)
    name, optional = (
        argument.name,
        argument.optional or (not argument.required and argument.default is None),
    )
    match argument.kind:
        case "bool":
            return Bool(name, default, optional=optional, initial=False)
        case "int":
            return Int(name, default, optional=optional, initial=1)
        case "float":
            return Float(name, default, optional=optional, initial=1.0)
        case "text":
            return Text(name, default, optional=optional, initial="")
    return Json(name, default)
