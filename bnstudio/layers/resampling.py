"""Layers that add to, cut from or repeat the positions of a sequence, an image or a volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import DATA_FORMAT
from bnstudio.layers.catalogue import COMMON_TO_MOVERS, layer
from bnstudio.layers.layer_type import EmptyOutputError, LayerType, Shape, show_shape
from bnstudio.layers.params import Choice, Int, Ints
from bnstudio.layers.ranges import Pairs
from bnstudio.layers.shapes import SPATIAL, known, need_rank, pair, size, spatial_axes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bnstudio.graph import Value
    from bnstudio.layers.params import Param

_PLACES = {2: ("rows", "columns"), 3: ("depth", "rows", "columns")}
_WHAT = {1: "a sequence", 2: "an image", 3: "a volume"}


def _edges(name: str, rank: int, default: Value, help: str) -> Ints | Pairs:
    """The argument that has a number for before and one for after, for each dimension."""
    if rank == 1:
        return Ints(name, default, length=2, scalar=True, min=0, help=help)
    return Pairs(name, default, places=_PLACES[rank], help=help)


def _in_full(param: Ints | Pairs, value: Value) -> tuple[tuple[int, int], ...]:
    if isinstance(param, Pairs):
        return param.pairs(value)
    before, after = pair(value, 2)  # type: ignore[arg-type]  # as Ints takes it
    return ((before, after),)


def _zero_padding(rank: int, default: Value) -> LayerType:
    """Enters the padding of ``rank`` spatial dimensions."""
    name = f"ZeroPadding{rank}D"
    param = _edges(
        "padding", rank, default, "How many zeros before and after; one number for both."
    )

    def rule(x: Shape, *, padding: Value, data_format: str | None, **_: Any) -> Shape:
        need_rank(name, x, rank + 2, SPATIAL[rank])
        shape = list(x)
        for axis, edges in zip(
            spatial_axes(rank, data_format), _in_full(param, padding), strict=True
        ):
            length = shape[axis]
            shape[axis] = None if length is None else length + sum(edges)
        return tuple(shape)

    rule.__doc__ = f"Adds zeros around {_WHAT[rank]}."
    return layer(
        name,
        param,
        DATA_FORMAT,
        category="Reshaping",
        tells=("padding",),
        common=COMMON_TO_MOVERS,
    )(rule)


zero_padding_1d = _zero_padding(1, 1)
zero_padding_2d = _zero_padding(2, (1, 1))
zero_padding_3d = _zero_padding(3, ((1, 1), (1, 1), (1, 1)))


def _cropping(rank: int, default: Value) -> LayerType:
    """Enters the cropping of ``rank`` spatial dimensions."""
    name = f"Cropping{rank}D"
    param = _edges(
        "cropping", rank, default, "How much is cut off before and after; one number for both."
    )

    def rule(x: Shape, *, cropping: Value, data_format: str | None = None, **_: Any) -> Shape:
        need_rank(name, x, rank + 2, SPATIAL[rank])
        shape = list(x)
        for axis, edges in zip(
            spatial_axes(rank, data_format), _in_full(param, cropping), strict=True
        ):
            length = shape[axis]
            if length is not None and sum(edges) >= length:
                raise EmptyOutputError(
                    f"{name} cuts {edges[0]} and {edges[1]} off the {length} of dimension {axis} "
                    f"of {show_shape(x)}; nothing would come out."
                )
            shape[axis] = None if length is None else length - sum(edges)
        return tuple(shape)

    rule.__doc__ = f"Cuts off the edges of {_WHAT[rank]}."
    formats: tuple[Param, ...] = () if rank == 1 else (DATA_FORMAT,)
    return layer(
        name,
        param,
        *formats,
        category="Reshaping",
        tells=("cropping",),
        common=COMMON_TO_MOVERS,
    )(rule)


cropping_1d = _cropping(1, (1, 1))
cropping_2d = _cropping(2, ((0, 0), (0, 0)))
cropping_3d = _cropping(3, ((1, 1), (1, 1), (1, 1)))

_NEIGHBOURS = {"nearest": 0, "bilinear": 4, "bicubic": 16, "lanczos3": 36, "lanczos5": 100}
"""How many numbers each interpolation takes the weighted sum of.

Keras 3.15 takes "area" too, which TensorFlow cannot train through.
"""


def _up_sampling(rank: int, default: Value) -> LayerType:
    """Enters the repetition along ``rank`` spatial dimensions."""
    name = f"UpSampling{rank}D"

    def rule(
        x: Shape,
        *,
        size: int | Sequence[int],
        data_format: str | None = None,
        interpolation: str = "nearest",
        **_: Any,
    ) -> Shape:
        need_rank(name, x, rank + 2, SPATIAL[rank])
        if interpolation != "nearest":
            for axis in spatial_axes(rank, data_format):
                known(name, x, axis)  # Keras 3.15 lets it pass and cannot run it
        shape = list(x)
        for axis, times in zip(spatial_axes(rank, data_format), pair(size, rank), strict=True):
            length = shape[axis]
            shape[axis] = None if length is None else length * times
        return tuple(shape)

    rule.__doc__ = f"Makes {_WHAT[rank]} larger by repeating each of its positions."
    help = "How many times each position is repeated."
    times: Param = (
        Int("size", default, min=1, help=help)
        if rank == 1
        else Ints("size", default, length=rank, scalar=True, min=1, help=help)
    )
    more: tuple[Param, ...] = () if rank == 1 else (DATA_FORMAT,)
    if rank == 2:
        more += (
            Choice(
                "interpolation",
                "nearest",
                tuple(_NEIGHBOURS),
                help="What lies between: 'nearest' repeats, the others blend what is around.",
            ),
        )

    def flops(_x: Shape, y: Shape, *, interpolation: str = "nearest", **_: Any) -> int:
        return 2 * _NEIGHBOURS[interpolation] * size(y)

    def conflicts(
        *, interpolation: str = "nearest", dtype: str | None, **_: Any
    ) -> Iterator[tuple[str, str]]:
        if interpolation != "nearest" and dtype == "bool":
            yield "interpolation", f"True and False have no {interpolation} mean; use 'nearest'."

    return layer(
        name, times, *more, category="Reshaping", tells=("size",), flops=flops,
        conflicts=conflicts, common=COMMON_TO_MOVERS,
    )(rule)  # fmt: skip


up_sampling_1d = _up_sampling(1, 2)
up_sampling_2d = _up_sampling(2, (2, 2))
up_sampling_3d = _up_sampling(3, (2, 2, 2))
