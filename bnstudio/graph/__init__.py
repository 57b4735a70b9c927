"""The drawing as an immutable value: nodes, wires, and the pure edits between two drawings."""

from bnstudio.graph.diff import Difference, diff
from bnstudio.graph.edits import (
    EditError,
    add,
    connect,
    disconnect,
    duplicate,
    fragment,
    free_name,
    heal,
    move,
    remove,
    rename,
    set_params,
    splice,
)
from bnstudio.graph.value import Graph, Node, Value, Wire, to_networkx

__all__ = [
    "Difference",
    "EditError",
    "Graph",
    "Node",
    "Value",
    "Wire",
    "add",
    "connect",
    "diff",
    "disconnect",
    "duplicate",
    "fragment",
    "free_name",
    "heal",
    "move",
    "remove",
    "rename",
    "set_params",
    "splice",
    "to_networkx",
]
