"""What installed packages offer, by what they say of themselves: nothing of them is imported."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

from bnstudio.layers.foreign import KERAS, is_foreign

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

GROUP = "bnstudio.layers"
"""The group of the entry points: a name, and ``package.module:Class``."""

MOST = 1000
"""Entry points of one package above which the rest are not looked at."""

_TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)


@dataclass(frozen=True)
class Offer:
    """A layer that a package offers.

    Attributes:
        type: What a node of it is called.
        name: The name of the entry point.
        target: The module and the class: ``package.module:Class``.
        reason: Why it cannot be used, whatever the user says; empty where it can.
    """

    type: str
    name: str
    target: str
    reason: str = ""

    @property
    def module(self) -> str:
        """Where the class is imported from."""
        return self.target.partition(":")[0]

    @property
    def class_name(self) -> str:
        """The class."""
        return self.target.partition(":")[2]


@dataclass(frozen=True)
class Package:
    """An installed package that offers layers.

    Attributes:
        name: In lower case, with hyphens.
        version: As it says.
        offers: In its own order.
        reason: Why none of them can be used; empty where they can.
    """

    name: str
    version: str
    offers: tuple[Offer, ...]
    reason: str = ""


def packages() -> tuple[Package, ...]:
    """The installed packages that offer layers, by name.

    What cannot be read is among them with the reason. Of two with one name the first on the path is
    the installed one, as for an import.
    """
    found: dict[str, Package] = {}
    for distribution in metadata.distributions():
        # What is said there is anybody's, and may be damaged in any way.
        try:
            package = _package(distribution)
        except Exception as error:
            name = _name_of(distribution)
            package = Package(
                name, "", (), f"What it says of itself cannot be read: {error!r:.200}"
            )
            if not name or GROUP not in _text_of(distribution):
                continue
        if package is not None:
            found.setdefault(package.name, package)
    return tuple(found[name] for name in sorted(found))


def keras_version() -> str:
    """The version of the installed Keras, which is not imported; empty if there is none."""
    try:
        return metadata.version(KERAS)
    except (metadata.PackageNotFoundError, OSError, ValueError):
        return ""


def _package(distribution: metadata.Distribution) -> Package | None:
    if GROUP not in _text_of(distribution):
        return None
    entries = [entry for entry in distribution.entry_points if entry.group == GROUP]
    if not entries:
        return None
    name = _name_of(distribution)
    reason = ""
    if not is_foreign(f"{name}:X") or name == KERAS:
        reason = f"{name!r:.60} is not the name of a package that can offer layers."
    offers = tuple(_offers(name, entries[:MOST]))
    return Package(name, str(distribution.version)[:100], offers, reason)


def _offers(package: str, entries: Iterable[metadata.EntryPoint]) -> Iterator[Offer]:
    entries = tuple(entries)
    counts = Counter(entry.name for entry in entries)
    done = set()
    for entry in entries:
        if entry.name in done:
            continue
        done.add(entry.name)
        type, target = f"{package}:{entry.name}", entry.value.strip()
        reason = ""
        if counts[entry.name] > 1:
            reason = f"The package offers two layers of the name {entry.name!r:.60}."
        elif not is_foreign(type):
            reason = f"{entry.name!r:.60} is not a name for a layer: letters, digits and _ are."
        elif not _TARGET.fullmatch(target):
            reason = f"It should say package.module:Class, and says {target!r:.60}."
        yield Offer(type, entry.name, target, reason)


def _name_of(distribution: metadata.Distribution) -> str:
    try:
        return re.sub(r"[-_.]+", "-", str(distribution.metadata["Name"])).lower()
    except Exception:  # as above
        return ""


def _text_of(distribution: metadata.Distribution) -> str:
    try:
        return distribution.read_text("entry_points.txt") or ""
    except Exception:  # as above
        return ""
