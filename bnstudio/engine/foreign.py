"""Classes of layers that are not of this program: what they look like, and what they give.

The only place where code of a package that offers layers is imported: the class that an entry point
names, of a package that the user has confirmed. What a project or a message says is a type, which
is looked up among these; it never names what is imported.
"""

from __future__ import annotations

import importlib
import inspect
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args, get_origin

import keras
import numpy as np

from bnstudio import extensions
from bnstudio.analysis import analyze
from bnstudio.engine.errors import LONGEST, say
from bnstudio.graph import freeze
from bnstudio.layers import ALIASES, LAYERS
from bnstudio.layers.foreign import (
    KERAS,
    Answer,
    Argument,
    Foreign,
    ForeignError,
    Form,
    Question,
    Registered,
    foreign_type,
    package_of,
    register,
    why_absent,
)
from bnstudio.layers.left_out import LEFT_OUT
from bnstudio.layers.nested import CELLS
from bnstudio.project import loads

if TYPE_CHECKING:
    from bnstudio.extensions import Offer
    from bnstudio.project import Project

_COMMON = ("name", "trainable", "dtype", "autocast")
"""What the constructor of every layer takes."""

_STARS = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_BEFORE = "Error encountered:"
_LONGEST_HELP = 2_000


def beyond_catalogue() -> tuple[str, ...]:
    """The layers of the installed Keras that the catalogue lacks, by type."""
    known = LAYERS.keys() | CELLS.keys() | ALIASES.keys() | LEFT_OUT.keys()
    return tuple(
        f"{KERAS}:{name}"
        for name, value in sorted(vars(keras.layers).items())
        if inspect.isclass(value)
        and issubclass(value, keras.layers.Layer)
        and not {name, value.__name__} & known
    )


def load(text: str) -> Project:
    """A project, with the layers in it that are not of this program ready to be built.

    Raises:
        ProjectError: If it cannot be read.
    """
    project = loads(text)
    types: dict[str, Foreign] = {}
    absent: dict[str, str] = {}
    for type in sorted(extensions.types_in(project.graph)):
        try:
            types[type] = foreign_type(describe(type))
        except (ForeignError, ValueError) as error:
            absent[type] = str(error)
    register(Registered(types, absent, _Answers()))
    if types:
        # Asked now: from the seed on, nothing but the model may draw a number.
        analyze(project.graph)
    return project


class _Answers(dict[Question, Answer]):
    """Answers that are found when they are asked for."""

    def get(self, key: Question, default: object = None) -> Answer:
        if key not in self:
            self[key] = answer(key)
        return self[key]


def class_of(type: str) -> Any:
    """The class behind a type.

    Raises:
        ForeignError: If there is none that may be used, with the reason.
    """
    package, _, name = type.partition(":")
    if package == KERAS:
        if type not in beyond_catalogue():
            raise ForeignError(why_absent(type))
        return getattr(keras.layers, name)
    offer = _offer(type) if package in extensions.confirmed() else None
    if offer is None:
        raise ForeignError(why_absent(type))
    try:
        found = getattr(importlib.import_module(offer.module), offer.class_name)
    # What is imported may end in any way, `sys.exit` among them.
    except BaseException as error:
        raise ForeignError(f"{offer.target} cannot be imported: {_said(error)}") from error
    if not (inspect.isclass(found) and issubclass(found, keras.layers.Layer)):
        raise ForeignError(f"{offer.target} is not a class of layers: it has to be a keras.Layer.")
    return found


def _offer(type: str) -> Offer | None:
    """What a package offers under a type, unless something is wrong with it."""
    for anew in (False, True):
        if anew:  # it may have been installed since
            extensions.packages.cache_clear()
            importlib.invalidate_caches()
        for package in extensions.packages():
            for offer in package.offers:
                if offer.type == type and not (package.reason or offer.reason):
                    return offer
    return None


def describe(type: str) -> Form:
    """What the class behind a type looks like.

    Raises:
        ForeignError: If there is none that may be used, or its signature cannot be read.
    """
    made = class_of(type)
    try:
        constructor = list(inspect.signature(made.__init__).parameters.values())[1:]
        call = list(inspect.signature(made.call).parameters.values())[1:]
    except (TypeError, ValueError) as error:
        raise ForeignError(f"The signature of {made.__name__} cannot be read: {error}") from error
    named = [p for p in call if p.kind not in _STARS and p.name not in ("mask", "training")]
    tensors = [p for p in named if p.default is p.empty]
    options = [p for p in named if p.default is not p.empty]
    left_out: list[str] = []
    inherited = made.__init__ is keras.layers.Layer.__init__
    own = [p for p in constructor if p.name not in _COMMON and not inherited]
    offered = package_of(type) == KERAS
    return Form(
        type,
        "keras.layers" if offered else made.__module__,
        type.partition(":")[2] if offered else made.__qualname__,
        (inspect.getdoc(made) or "").partition("\n\n")[0][:_LONGEST_HELP] if made.__doc__ else "",
        tuple(_arguments(own, left_out)),
        tuple(_arguments([p for p in options if _is_plain(p.default)], [])),
        tuple(p.name for p in tensors) or ("inputs",),
        len(tensors) == 1 and _is_list(tensors[0]),
        any(p.kind is p.VAR_KEYWORD for p in constructor)
        or {"trainable", "dtype"} <= {p.name for p in constructor},
        tuple(left_out),
        keras.saving.get_registered_name(made),
    )


def make(type: str, name: str, params: Mapping[str, Any]) -> Any:
    """The layer of a node.

    Raises:
        ForeignError: If its class may not be used.
    """
    return class_of(type)(name=name, **params)


def examine(question: Question) -> Answer:
    """The answer to a question about a layer of which nothing else is known here."""
    if question.type not in LAYERS:
        try:
            register(Registered({question.type: foreign_type(describe(question.type))}))
        except (ForeignError, ValueError) as error:
            return Answer(error=str(error))
    return answer(question)


def answer(question: Question) -> Answer:
    """What comes out of a layer for these shapes, and which weights it makes.

    Nothing that others draw from afterwards is drawn from.
    """
    entry = LAYERS.get(question.type)
    if not isinstance(entry, Foreign):
        return Answer(error=why_absent(question.type))
    params: Any = freeze(json.loads(question.params))
    made, options = entry.parted(params)
    state = random.getstate(), np.random.get_state()
    try:
        refusal = ""
        # The drawing does not say which kind of numbers comes in.
        for dtype in ("float32", "int32"):
            try:
                return _called(entry, made, options, question.inputs, dtype)
            except BaseException as error:  # the code is anybody's
                refusal = refusal or _said(error)
        return Answer(error=refusal)
    finally:
        random.setstate(state[0])
        np.random.set_state(state[1])


def _called(
    entry: Foreign,
    params: Mapping[str, Any],
    options: Mapping[str, Any],
    inputs: Sequence[tuple[int | None, ...]],
    dtype: str,
) -> Answer:
    layer = make(entry.name, "layer", params)
    given = entry.arrange([keras.KerasTensor(shape, dtype) for shape in inputs], options)
    made = layer(*given.positional, **given.keyword, **given.options)
    outputs = made if isinstance(made, list | tuple) else (made,)
    if not outputs or not all(isinstance(each, keras.KerasTensor) for each in outputs):
        return Answer(error=f"It gives {type(made).__name__}, and not a tensor or a list of them.")
    return Answer(
        tuple(tuple(each.shape) for each in outputs),
        tuple((each.name, tuple(each.shape), bool(each.trainable)) for each in layer.weights),
    )


def _said(error: BaseException) -> str:
    """An exception in words, without what Keras says before the message of the layer itself."""
    if not isinstance(error, Exception):
        return repr(error)
    found = say(error)
    if found.endswith(_BEFORE):
        found = " ".join(str(error).rpartition(_BEFORE)[2].split())[:LONGEST]
    return f"{type(error).__name__}: {found}"


def _arguments(parameters: Sequence[inspect.Parameter], left_out: list[str]) -> Iterator[Argument]:
    """What can be put in; what has a default that cannot be written down goes to ``left_out``."""
    for parameter in parameters:
        if parameter.kind in _STARS:
            continue
        required = parameter.default is parameter.empty
        if not required and not _is_plain(parameter.default):
            left_out.append(parameter.name)
            continue
        kind, optional = _kind(parameter)
        yield Argument(
            parameter.name, kind, required, None if required else parameter.default, optional
        )


def _kind(parameter: inspect.Parameter) -> tuple[Any, bool]:
    """The kind of an argument by its annotation, else by its default; whether it may be None."""
    kinds = {bool: "bool", int: "int", float: "float", str: "text"}
    by_name = {kind.__name__: said for kind, said in kinds.items()}
    noted = parameter.annotation
    optional = parameter.default is None
    # With postponed evaluation an annotation is text: `int | None`, `Optional[int]`.
    if isinstance(noted, str):
        bare = noted.replace(" ", "").removeprefix("typing.")
        if bare.startswith("Optional["):
            bare = bare.removeprefix("Optional[").removesuffix("]") + "|None"
        parts = bare.split("|")
    else:
        parts = [getattr(each, "__name__", "") for each in get_args(noted) or (noted,)]
        parts = [] if get_origin(noted) in (list, tuple, dict) else parts
        parts = ["None" if part == "NoneType" else part for part in parts]
    named = [part for part in parts if part != "None"]
    if len(named) == 1 and named[0] in by_name:
        return by_name[named[0]], optional or "None" in parts
    if noted is not parameter.empty or optional or parameter.default is parameter.empty:
        return "json", optional
    return kinds.get(type(parameter.default), "json"), False


def _is_list(parameter: inspect.Parameter) -> bool:
    """Whether the annotation of a tensor says that there are several."""
    noted = parameter.annotation
    if isinstance(noted, str):
        return noted.rpartition(".")[2].lower().startswith(("list", "tuple", "sequence"))
    origin = get_origin(noted) or noted
    return inspect.isclass(origin) and issubclass(origin, Sequence) and origin is not str


def _is_plain(value: Any) -> bool:
    """Whether a default can be written down as JSON has it."""
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(each) for key, each in value.items())
    if isinstance(value, float):
        return value == value and abs(value) != float("inf")
    return value is None or isinstance(value, bool | int | str)
