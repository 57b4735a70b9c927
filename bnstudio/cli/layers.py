"""``bnstudio layers``: the packages that offer layers, and which of them may run."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

    from bnstudio.extensions import Offer, Package, Status

NAME = "layers"
HELP = "list the packages that offer layers, and confirm them"
DESCRIPTION = (
    "Lists the installed packages that offer layers, without running anything of them. Each is off "
    "until it is confirmed: with --allow its code may run, with your rights, in the engine of the "
    "window and of the other commands. Exit status: 0, 1 if a layer of a package that is allowed "
    "cannot be used, or 2 if there is no such package or the choice cannot be remembered."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what the command takes."""
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--allow", metavar="PACKAGE", help="confirm a package, and describe its layers anew"
    )
    choice.add_argument("--forbid", metavar="PACKAGE", help="take that back")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people or for programs"
    )


def run(chosen: argparse.Namespace) -> int:
    """Lists or confirms; 1 if a layer of what was allowed cannot be used."""
    from bnstudio import extensions
    from bnstudio.project import ProjectError

    status = extensions.put_in_place()
    if chosen.allow or chosen.forbid:
        wanted: str = chosen.allow or chosen.forbid
        names = {package.name for package in status.packages}
        if wanted not in names and not (chosen.forbid and wanted in status.confirmed):
            raise ProjectError("no installed package of that name offers layers", wanted)
        try:
            (extensions.confirm if chosen.allow else extensions.forbid)(wanted)
        except OSError as error:
            raise ProjectError(f"it cannot be remembered: {error}", wanted) from error
        if chosen.allow:
            _describe(wanted, status.version(wanted))
        status = extensions.put_in_place()
        found = [package for package in status.packages if package.name == wanted]
    else:
        found = list(status.packages)
    if chosen.format == "json":
        print(json.dumps({"packages": [_as_json(each, status) for each in found]}, indent=2))
    else:
        for package in found:
            _print(package, status)
        if not found and not chosen.forbid:
            print("No installed package offers layers.", file=sys.stderr)
    bad = [o for p in found for o in p.offers if chosen.allow and _reason(p, o, status)]
    return 1 if bad else 0


def _describe(package: str, version: str) -> None:
    """Has an engine describe the layers of a package."""
    from bnstudio import extensions
    from bnstudio.training.examine import describe_all

    extensions.forget(package, version)
    describe_all(extensions.status().undescribed)


def _reason(package: Package, offer: Offer, status: Status) -> str:
    """Why a layer cannot be used; empty where it can."""
    known = status.registered()
    if offer.type in known.types:
        return ""
    return package.reason or known.absent.get(offer.type, "")


def _print(package: Package, status: Status) -> None:
    from bnstudio.cli.project_file import printable

    state = "confirmed" if package.name in status.confirmed else "off"
    print(printable(f"{package.name} {package.version}: {package.reason or state}"))
    known = status.registered().types
    for offer in package.offers:
        entry = known.get(offer.type)
        if entry is not None:
            said = entry.summary
        elif package.name in status.confirmed or offer.reason:
            said = f"cannot be used: {_reason(package, offer, status)}"
        else:
            said = offer.target
        print(printable(f"  {offer.type}: {said}"))


def _as_json(package: Package, status: Status) -> dict[str, Any]:
    known = status.registered().types
    return {
        "package": package.name,
        "version": package.version,
        "confirmed": package.name in status.confirmed,
        "reason": package.reason,
        "layers": [
            {
                "type": offer.type,
                "class": offer.target,
                "usable": offer.type in known,
                "reason": _reason(package, offer, status),
            }
            for offer in package.offers
        ],
    }
