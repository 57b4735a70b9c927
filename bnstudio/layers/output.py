"""Where a tensor leaves the model that is used in it as well.

Keras has no such layer: there, a model's outputs are a list. What feeds nothing is an output of a
drawing by itself; this says it of anything else. The plan passes over it, so nothing is built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.catalogue import MARKS, layer

if TYPE_CHECKING:
    from bnstudio.layers.layer_type import Shape

OUTPUT = "Output"
"""The type of such a node."""


@layer(OUTPUT, category="Core", common=(), into=MARKS)
def output(x: Shape, **_: Any) -> Shape:
    """Makes a tensor an output of the model though other layers use it too.

    A layer that feeds nothing is an output without it. Outputs come in the order in which their
    nodes were drawn. It is no layer: nothing is built or printed for it.
    """
    return x
