"""One layer of a configuration: its name, and its type in the catalogue or its description."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from bnstudio.graph import freeze
from bnstudio.importers import legacy_operations
from bnstudio.importers.arguments import CLASSES, SET_BY_CLASS, known_inside, params_of, shape_of
from bnstudio.layers import LAYERS
from bnstudio.layers.applications import MODULES
from bnstudio.layers.foreign import registered
from bnstudio.project import ProjectError
from bnstudio.project.strict import short

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.graph import Value
    from bnstudio.layers import Shape
    from bnstudio.layers.foreign import Foreign

MAX_NAME = 1000
"""Letters of a name, above which a configuration is not believed."""

_DESCRIPTION = ("module", "class_name", "config", "registered_name", "build_config")
_BASE = (("activity_regularizer", None), ("autocast", True))
"""What the configuration of a class says that has no constructor of its own, and means nothing."""

MODELS = ("Functional", "Sequential", "Model")


class Layer(NamedTuple):
    """One layer of a configuration.

    Attributes:
        name: The Keras layer name.
        type: Its entry in the catalogue; empty where there is none.
        kind: What an opaque node of it begins with.
        class_name: As the file has it.
        params: The entry's arguments that differ from the defaults; empty where there is none.
        raw: All that the file says of it.
    """

    name: str
    type: str
    kind: str
    class_name: str
    params: Mapping[str, Value]
    raw: Mapping[str, Any]

    @property
    def config(self) -> Mapping[str, Any]:
        """Its own arguments, as the file has them."""
        config = self.raw.get("config")
        return config if isinstance(config, dict) else {}

    @property
    def built_for(self) -> Shape | None:
        """The shape of the one input that it was built for; None where the file does not say."""
        built = self.raw.get("build_config")
        return shape_of(built.get("input_shape")) if isinstance(built, dict) else None

    @property
    def description(self) -> dict[str, Value]:
        """What Keras can make it of again."""
        found = {key: self.raw[key] for key in _DESCRIPTION if key in self.raw}
        return {key: freeze(value) for key, value in found.items() if value is not None}

    @property
    def opaque_type(self) -> str:
        """The type of a node that only carries the description."""
        # What follows "ops." in lower case is an operation of the catalogue.
        kind = "custom" if self.class_name[0].islower() else self.kind
        return f"{kind}.{re.sub(r'[^0-9A-Za-z_>]', '_', self.class_name)}"


def layer_of(raw: Any, where: str) -> Layer:
    """A layer as it stands among the layers of a configuration.

    Raises:
        ProjectError: If it is not as Keras writes one.
    """
    if not isinstance(raw, dict):
        raise ProjectError(f"a layer has to be an object, not {raw!r:.40}", where)
    class_name, config = raw.get("class_name"), raw.get("config")
    if not isinstance(class_name, str) or not 0 < len(class_name) <= MAX_NAME:
        raise ProjectError("a layer has to have a class_name", where)
    if isinstance(config, list) and class_name in MODELS:
        config = {"layers": config}  # a Sequential of Keras 1 and early 2
    if not isinstance(config, dict):
        raise ProjectError(f"{short(class_name)} has to have a config that is an object", where)
    name = raw.get("name") or config.get("name")
    if name is None:
        name = ""
    if not isinstance(name, str) or len(name) > MAX_NAME:
        raise ProjectError(f"a layer cannot be called {name!r:.40}", where)
    if legacy_operations.is_one(class_name, raw.get("module")):
        type = legacy_operations.type_of(class_name, config)
        return Layer(name, type if type in LAYERS else "", "ops", class_name, {}, raw)
    kind = _kind(raw, class_name, config)
    if kind == "ops":
        from bnstudio.importers import operations  # with all of them, which most files need not

        if (found := operations.find(class_name, raw.get("module"))) is not None:
            params = operations.config_params(found, config)
            return Layer(name, found.name, kind, class_name, params, raw)
    known = CLASSES.get(class_name, class_name)
    entry = LAYERS.get(known) if kind == "layers" and _stands_there(known, raw) else None
    if entry is None and (offered := _offered(raw, class_name)) is not None:
        own = {key: value for key, value in config.items() if (key, value) not in _BASE}
        if own.keys() <= {*offered.by_name, "name"}:
            return Layer(name, offered.name, kind, class_name, params_of(offered, own), raw)
    if entry is None:
        return Layer(name, "", kind, class_name, {}, raw)
    params = params_of(entry, {**config, **SET_BY_CLASS.get(class_name, {})})
    if not all(known_inside(param, params.get(param.name)) for param in entry.params):
        return Layer(name, "", kind, class_name, {}, raw)
    return Layer(name, known, kind, class_name, params, raw)


def _offered(raw: Mapping[str, Any], class_name: str) -> Foreign | None:
    """The layer of a confirmed package, or of a newer Keras, that a description is of.

    It is looked up among those that are registered; nothing that the file says is imported.
    """
    given = (raw.get("module"), class_name)
    names = {raw.get("registered_name"), class_name}
    for entry in registered().types.values():
        # A class that was registered has its package before it.
        named = ">" in entry.registered and entry.registered in names
        if named or given == (entry.module, entry.class_name):
            return entry
    return None


def _kind(raw: Mapping[str, Any], class_name: str, config: Mapping[str, Any]) -> str:
    """Whether it is a layer of Keras's, one of its operations, a model, or somebody's own class."""
    module, registered = raw.get("module"), raw.get("registered_name")
    if class_name in MODELS and "layers" in config:
        return "models"
    if module is None:
        # Keras 1 and 2 name no module; a class that was registered has its package before it.
        if registered not in (None, class_name) or ">" in class_name:
            return "custom"
        # Every layer says whether it is trainable; an operation that Keras 3 wrote so does not.
        if "trainable" not in config and _called_as_operation(raw, class_name):
            return "ops"
        known = CLASSES.get(class_name, class_name) in LAYERS
        return "layers" if known or "trainable" in config else "ops"
    if isinstance(module, str) and registered in (None, class_name):
        if module.startswith(("keras.src.ops", "keras.ops")):
            return "ops"
        if module.startswith(("keras.layers", "keras.src.layers")):
            return "layers"
        if MODULES.get(class_name) == module:
            return "layers"
    return "custom"


def _stands_there(type: str, raw: Mapping[str, Any]) -> bool:
    """Whether a class is the one that Keras has, where others may well have the same name."""
    return type not in MODULES or MODULES[type] == raw.get("module")


def _called_as_operation(raw: Mapping[str, Any], class_name: str) -> bool:
    """Whether a class that may be a layer's too is an operation's, as Keras 3 writes its calls."""
    calls = raw.get("inbound_nodes")
    if not isinstance(calls, list) or not calls or not isinstance(calls[0], dict):
        return False
    from bnstudio.importers import operations

    return operations.find(class_name, None) is not None
