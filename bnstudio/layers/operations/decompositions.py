"""Operations that solve matrices and take them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.layer_type import MergeError, ShapeError, show_shape
from bnstudio.layers.operations.operation import Operation, operation
from bnstudio.layers.params import Bool, Choice, Float
from bnstudio.layers.shapes import alike, size

if TYPE_CHECKING:
    from bnstudio.layers.layer_type import Shape

_CATEGORY = "Operations: linear algebra"
_TWO = ("x1", "x2")


def _refuse(name: str, *shapes: Shape) -> MergeError:
    listed = " and ".join(map(show_shape, shapes))
    return MergeError(f"{name} needs sizes that go together, got {listed}.")


def _square(name: str, x: Shape) -> None:
    if len(x) < 2 or x[-1] != x[-2]:
        raise ShapeError(f"{name} needs square matrices in the last two axes, got {show_shape(x)}.")


def _planar(name: str, x: Shape) -> None:
    if len(x) < 2:
        raise ShapeError(f"{name} needs matrices in the last two axes, got {show_shape(x)}.")


def _cubed(x: Any, y: Shape, **_: Any) -> int:
    """A matrix's side to the third, whatever the method."""
    found = x if isinstance(x, tuple) else x["a"]
    return int(size(found) * found[-1])


def _of_square(function: str, help: str, *params: Any, scalar: bool = False) -> Operation:
    """Enters an operation on square matrices."""

    def rule(x: Shape, **_: Any) -> Shape:
        _square(f"ops.{function}", x)
        return x[:-2] if scalar else x

    rule.__doc__ = help
    return operation(function, *params, category=_CATEGORY, flops=_cubed)(rule)


_UPPER = Bool("upper", False, help="Whether the upper triangle is meant.")
_of_square("cholesky", "The triangle that gives each matrix when multiplied by itself.", _UPPER)
_of_square("cholesky_inverse", "The inverse of the matrix that a triangle belongs to.", _UPPER)
_of_square("inv", "The inverse of each matrix.")
_of_square("det", "The determinant of each matrix.", scalar=True)


@operation("logdet", category=_CATEGORY, flops=_cubed)
def logdet(x: Shape, **_: Any) -> Shape:
    """The logarithm of the determinant of each matrix."""
    _planar("ops.logdet", x)
    if not alike(x[-1], x[-2]):
        raise ShapeError(f"ops.logdet needs square matrices, got {show_shape(x)}.")
    return x[:-2]


@operation("slogdet", category=_CATEGORY, outputs=lambda **_: 2, flops=_cubed)
def slogdet(x: Shape, **_: Any) -> list[Shape]:
    """The sign of each determinant, and the logarithm of its size: two outputs."""
    _planar("ops.slogdet", x)
    if not alike(x[-1], x[-2]):
        raise ShapeError(f"ops.slogdet needs square matrices, got {show_shape(x)}.")
    return [(), x[:-2]]  # what Keras gives the sign, of a batch too


@operation("eig", category=_CATEGORY, outputs=lambda **_: 2, flops=_cubed)
def eig(x: Shape, **_: Any) -> list[Shape]:
    """The eigenvalues and the eigenvectors of each matrix: two outputs."""
    _square("ops.eig", x)
    return [x[:-1], x]


@operation("eigh", category=_CATEGORY, outputs=lambda **_: 2, flops=_cubed)
def eigh(x: Shape, **_: Any) -> list[Shape]:
    """The same of symmetric matrices, in order: two outputs."""
    _square("ops.eigh", x)
    return [x[:-1], x]


def _sides(name: str, x: Shape) -> tuple[int, int]:
    _planar(name, x)
    rows, columns = x[-2:]
    if rows is None or columns is None:
        raise ShapeError(f"{name} needs to know the last two sizes, got {show_shape(x)}.")
    return rows, columns


@operation(
    "qr", Choice("mode", "reduced", ("reduced", "complete"), help="Whether what is zero is cut."),
    category=_CATEGORY, outputs=lambda **_: 2, flops=_cubed,
)  # fmt: skip
def qr(x: Shape, *, mode: str, **_: Any) -> list[Shape]:
    """A rotation and a triangle that give each matrix when multiplied: two outputs."""
    rows, columns = _sides("ops.qr", x)
    inner = min(rows, columns) if mode == "reduced" else rows
    return [(*x[:-2], rows, inner), (*x[:-2], inner, columns)]


@operation("lu_factor", category=_CATEGORY, outputs=lambda **_: 2, flops=_cubed)
def lu_factor(x: Shape, **_: Any) -> list[Shape]:
    """Two triangles in one matrix, and the order of the rows: two outputs."""
    sides = _sides("ops.lu_factor", x)
    if len(x) != 2:
        raise ShapeError(f"ops.lu_factor takes one matrix, got {show_shape(x)}.")
    return [x, (*x[:-2], min(sides))]


@operation(
    "svd",
    Bool("full_matrices", True, help="Whether the rotations are square."),
    Bool("compute_uv", True, help="Whether the rotations come out too."),
    category=_CATEGORY, keras_class="SVD",
    outputs=lambda compute_uv, **_: 3 if compute_uv else 1, flops=_cubed,
)  # fmt: skip
def svd(x: Shape, *, full_matrices: bool, compute_uv: bool, **_: Any) -> list[Shape]:
    """Two rotations and the scales between them: three outputs, or the scales alone."""
    rows, columns = _sides("ops.svd", x)
    inner, batch = min(rows, columns), x[:-2]
    if not compute_uv:
        return [(*batch, inner)]
    u, v = (rows, columns) if full_matrices else (inner, inner)
    return [(*batch, rows, u), (*batch, inner), (*batch, v, columns)]


@operation(
    "pinv", Float("rcond", None, optional=True, help="Scales below this share count as zero."),
    category=_CATEGORY, flops=_cubed,
)  # fmt: skip
def pinv(x: Shape, **_: Any) -> Shape:
    """The matrix that inverts each as well as can be."""
    _planar("ops.pinv", x)
    return (*x[:-2], x[-1], x[-2])


@operation(
    "matrix_rank", Float("tol", None, optional=True, help="Scales below this count as zero."),
    category=_CATEGORY, flops=_cubed,
)  # fmt: skip
def matrix_rank(x: Shape, **_: Any) -> Shape:
    """How many rows of each matrix are independent."""
    _planar("ops.matrix_rank", x)
    return x[:-2]


def _solution(name: str, shapes: dict[str, Shape]) -> Shape:
    a, b = shapes["a"], shapes["b"]
    _square(name, a)
    at = -1 if len(b) == len(a) - 1 else -2
    if len(b) not in (len(a) - 1, len(a)) or a[-1] != b[at]:
        raise _refuse(name, a, b)
    return b


@operation("solve", category=_CATEGORY, inputs=("a", "b"), flops=_cubed)
def solve(shapes: dict[str, Shape], **_: Any) -> Shape:
    """What each matrix has to be multiplied by to give the second input."""
    return _solution("ops.solve", shapes)


@operation(
    "solve_triangular", Bool("lower", False, help="Whether the lower triangle is meant."),
    category=_CATEGORY, inputs=("a", "b"), flops=_cubed,
)  # fmt: skip
def solve_triangular(shapes: dict[str, Shape], **_: Any) -> Shape:
    """The same for triangles, which is quicker."""
    return _solution("ops.solve_triangular", shapes)


@operation(
    "lstsq", Float("rcond", None, optional=True, help="Scales below this share count as zero."),
    category=_CATEGORY, inputs=("a", "b"), flops=_cubed,
)  # fmt: skip
def lstsq(shapes: dict[str, Shape], **_: Any) -> Shape:
    """What comes nearest to solving more equations than there are unknowns."""
    a, b = shapes["a"], shapes["b"]
    if len(a) != 2 or len(b) not in (1, 2) or a[0] != b[0]:
        raise _refuse("ops.lstsq", a, b)
    return (a[1], *b[1:])
