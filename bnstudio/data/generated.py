"""Data sets that are drawn at random: points of a plane in two classes."""

from __future__ import annotations

from typing import Any

from bnstudio.data.catalogue import Rows, SourceType, enter
from bnstudio.layers.params import Float, Int

_ROWS = Int("rows", 1000, min=10, max=1_000_000, help="How many points, half of them a class.")
_SEED = Int("seed", 0, min=0, max=2**32 - 1, help="Another number draws other points.")


def _noise(default: float) -> Float:
    return Float("noise", default, min=0.0, max=10.0, help="The deviation of each point's place.")


_POINTS: dict[str, Any] = {
    "task": "classification",
    "shape": (2,),
    "target_range": (0.0, 1.0),
    "class_names": ("0", "1"),
    "feature_names": ("x", "y"),
}


def _call(function: str, arguments: str) -> list[str]:
    """A call that fits the script's lines, inside a function too."""
    line = f"features, labels = {function}({arguments})"
    if len(line) <= 84:
        return [line]
    return [f"features, labels = {function}(", f"    {arguments}", ")"]


def _spirals(rows: int, turns: float, noise: float, seed: int) -> Rows:
    import numpy as np

    rng = np.random.default_rng(seed)
    labels = np.arange(rows) % 2
    radius = np.sqrt(rng.random(rows))
    angle = 2 * np.pi * turns * radius + np.pi * labels
    features = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    features += rng.normal(scale=noise, size=features.shape)
    return features, labels


def _spirals_code(rows: int, turns: float, noise: float, seed: int) -> list[str]:
    return [
        f"rng = np.random.default_rng({seed})",
        f"labels = np.arange({rows}) % 2",
        f"radius = np.sqrt(rng.random({rows}))",
        f"angle = 2 * np.pi * {turns!r} * radius + np.pi * labels",
        "features = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])",
        f"features += rng.normal(scale={noise!r}, size=features.shape)",
    ]


enter(
    SourceType(
        "two_spirals",
        "Two spirals",
        "Two arms wound into each other: hard for a small network, and pretty to watch.",
        load=_spirals,
        code=_spirals_code,
        params=(
            _ROWS,
            Float("turns", 1.5, min=0.1, max=10.0, help="How often an arm goes round."),
            _noise(0.02),
            _SEED,
        ),
        **_POINTS,
    )
)


def _circles(rows: int, factor: float, noise: float, seed: int) -> Rows:
    from sklearn.datasets import make_circles

    features, labels = make_circles(rows, factor=factor, noise=noise, random_state=seed)
    return features, labels


def _circles_code(rows: int, factor: float, noise: float, seed: int) -> list[str]:
    return _call("make_circles", f"{rows}, factor={factor!r}, noise={noise!r}, random_state={seed}")


enter(
    SourceType(
        "circles",
        "Circles",
        "A ring inside a ring: no straight line parts them, one hidden layer does.",
        load=_circles,
        code=_circles_code,
        imports=("from sklearn.datasets import make_circles",),
        params=(
            _ROWS,
            Float("factor", 0.5, min=0.0, max=0.99, help="The inner ring's share of the outer."),
            _noise(0.1),
            _SEED,
        ),
        **_POINTS,
    )
)


def _moons(rows: int, noise: float, seed: int) -> Rows:
    from sklearn.datasets import make_moons

    features, labels = make_moons(rows, noise=noise, random_state=seed)
    return features, labels


def _moons_code(rows: int, noise: float, seed: int) -> list[str]:
    return _call("make_moons", f"{rows}, noise={noise!r}, random_state={seed}")


enter(
    SourceType(
        "moons",
        "Moons",
        "Two half moons that reach into each other: a gentle curve parts them.",
        load=_moons,
        code=_moons_code,
        imports=("from sklearn.datasets import make_moons",),
        params=(_ROWS, _noise(0.2), _SEED),
        **_POINTS,
    )
)


def _xor(rows: int, noise: float, seed: int) -> Rows:
    import numpy as np

    rng = np.random.default_rng(seed)
    features = rng.uniform(-1, 1, size=(rows, 2))
    labels = ((features[:, 0] > 0) ^ (features[:, 1] > 0)).astype(int)
    features += rng.normal(scale=noise, size=features.shape)
    return features, labels


def _xor_code(rows: int, noise: float, seed: int) -> list[str]:
    return [
        f"rng = np.random.default_rng({seed})",
        f"features = rng.uniform(-1, 1, size=({rows}, 2))",
        "labels = ((features[:, 0] > 0) ^ (features[:, 1] > 0)).astype(int)",
        f"features += rng.normal(scale={noise!r}, size=features.shape)",
    ]


enter(
    SourceType(
        "xor",
        "Exclusive or",
        "Four squares of a plane, opposite ones alike: what one layer cannot learn and two can.",
        load=_xor,
        code=_xor_code,
        params=(_ROWS, _noise(0.05), _SEED),
        **_POINTS,
    )
)
