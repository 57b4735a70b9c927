"""What can be used of what is offered, and why the rest cannot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from msgspec import structs

from bnstudio.extensions.confirmed import confirmed
from bnstudio.extensions.kept import Kept, keep, kept
from bnstudio.extensions.offered import Package, keras_version, packages
from bnstudio.graph import levels
from bnstudio.layers.foreign import (
    KERAS,
    Foreign,
    Registered,
    foreign_type,
    is_foreign,
    package_of,
    register,
    registered,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.graph import Graph
    from bnstudio.layers.foreign import Answer, Form, Question


@dataclass(frozen=True)
class Status:
    """What is known of the packages that offer layers.

    Attributes:
        packages: All that do.
        confirmed: The names of those whose code may run.
        kept: What the engine has said, by package; Keras is one of them.
    """

    packages: tuple[Package, ...]
    confirmed: frozenset[str]
    kept: Mapping[str, Kept]

    @property
    def undescribed(self) -> tuple[str, ...]:
        """The types that the engine is still to describe."""
        found = []
        for package in self.packages:
            if package.name not in self.confirmed or package.reason:
                continue
            known = self.kept.get(package.name)
            said = {form.type for form in known.forms} | known.failed.keys() if known else set()
            found += [o.type for o in package.offers if not o.reason and o.type not in said]
        return tuple(found)

    def version(self, package: str) -> str:
        """The installed version of a package, or of Keras."""
        if package == KERAS:
            return keras_version()
        return next((each.version for each in self.packages if each.name == package), "")

    def registered(self) -> Registered:
        """The value that analysis goes by."""
        types: dict[str, Foreign] = {}
        absent: dict[str, str] = {}
        answers: dict[Question, Answer] = {}
        for package in self.packages:
            on = package.name in self.confirmed
            for offer in package.offers:
                reason = package.reason or offer.reason
                if not reason and not on:
                    reason = (
                        f"The package {package.name!r} offers it, and is off until you confirm it."
                    )
                absent[offer.type] = reason or "The engine is being asked what it looks like."
        for name, said in self.kept.items():
            on = name == KERAS or name in self.confirmed
            usable = {o.type for p in self.packages if p.name == name for o in p.offers
                      if not o.reason and not p.reason}  # fmt: skip
            for form in said.forms if on else ():
                if name != KERAS and form.type not in usable:
                    continue
                try:
                    types[form.type] = foreign_type(form)
                except ValueError as error:
                    absent[form.type] = str(error)
            if on:
                absent |= {type: why for type, why in said.failed.items() if type in usable}
                answers |= said.answers
        return Registered(types, absent, answers)


def status() -> Status:
    """What is known now. Reads what the packages say of themselves, and imports nothing of them."""
    found = packages()
    versions = {package.name: package.version for package in found} | {KERAS: keras_version()}
    known = {name: said for name, version in versions.items() if (said := kept(name, version))}
    return Status(found, confirmed(), known)


def put_in_place() -> Status:
    """Looks for packages and registers what is known now.

    Answers that are not kept stay while their layers do.
    """
    packages.cache_clear()
    found, before = status(), registered()
    now = found.registered()
    stay = {asked: answer for asked, answer in before.answers.items() if asked.type in now.types}
    register(replace(now, answers={**stay, **now.answers}))
    return found


def describe(type: str, form: Form | None, reason: str) -> None:
    """Keeps what the engine has said a layer looks like; without a form, why it could not."""
    package, found = package_of(type), status()
    said = found.kept.get(package) or Kept(package, found.version(package))
    forms = tuple(known for known in said.forms if known.type != type)
    failed = {known: why for known, why in said.failed.items() if known != type}
    if form is None:
        failed[type] = reason
    keep(structs.replace(said, forms=(*forms, *filter(None, (form,))), failed=failed))


def forget_answers(package: str) -> None:
    """Has the engine asked again what a package's layers give."""
    now = registered()
    left = {asked: a for asked, a in now.answers.items() if package_of(asked.type) != package}
    register(replace(now, answers=left))


def learn(answers: Mapping[Question, Answer]) -> None:
    """Registers further answers of the engine, and keeps them for the next start.

    What went wrong is not kept: another time it may go well.
    """
    now = registered()
    register(replace(now, answers={**now.answers, **answers}))
    sound = {asked: answer for asked, answer in answers.items() if not answer.error}
    found = status()
    for package in {package_of(asked.type) for asked in sound}:
        if (said := found.kept.get(package)) is not None:
            of = {asked: a for asked, a in sound.items() if package_of(asked.type) == package}
            keep(said.with_answers(of))


def types_in(graph: Graph) -> frozenset[str]:
    """The types of layers in a drawing, or inside its models, that are not of this program."""
    types = {node.type for _, inner in levels(graph) for node in inner.nodes.values()}
    return frozenset(filter(is_foreign, types))


def versions_of(graph: Graph) -> dict[str, str]:
    """The packages whose layers are in a drawing, each with the version that is installed."""
    found = {package_of(type) for type in types_in(graph)} - {KERAS}
    return {package: status().version(package) for package in sorted(found)}
