"""Why a project cannot be read or written."""

from __future__ import annotations


class ProjectError(ValueError):
    """A project that cannot be read or written.

    Attributes:
        reason: What is wrong, without the place.
        where: The file; empty where the text has none.
        line: From 1; None where no line is at fault.
        column: From 1.
        path: The field at fault, as ``nodes[3].x``; empty where it is none.
    """

    def __init__(
        self,
        reason: str,
        where: str = "",
        line: int | None = None,
        column: int | None = None,
        path: str = "",
    ) -> None:
        self.reason, self.where, self.line, self.column, self.path = (
            reason, where, line, column, path
        )  # fmt: skip
        spot = f"line {line}, column {column}" if line is not None else ""
        spot = f"{path} ({spot})" if spot and path else spot or path
        super().__init__(": ".join(part for part in (where, spot, reason) if part))
