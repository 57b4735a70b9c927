"""``.keras``: a zip file with the configuration beside the weights. Nothing is ever unpacked."""

from __future__ import annotations

import stat
import zipfile
import zlib
from typing import TYPE_CHECKING

from bnstudio.importers.importer import Described, Importer
from bnstudio.importers.reading import MAX_TEXT, as_json, decode, open_file
from bnstudio.project import ProjectError

if TYPE_CHECKING:
    from typing import BinaryIO

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"

MAX_MEMBERS = 10_000
MAX_DIRECTORY = 4 * 2**20
"""Bytes of the table of contents, which is read as a whole."""
MAX_RATIO = 200
"""How far a text may be packed; JSON of a model's layers comes to a tenth or twentieth."""
MAX_METADATA = 65_536
_LONGEST_END = 22 + 65_535 + 76
"""Bytes from the last records of an archive to its end, the longest comment included."""


def describe(path: str) -> Described:
    """The description in a ``.keras`` file.

    Raises:
        ProjectError: If it cannot be read or is no such file.
    """
    with open_file(path) as file:
        try:
            return _describe(file, path)
        except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError) as error:
            said = str(error) or type(error).__name__
            raise ProjectError(f"the archive is damaged: {said}", path) from None
        except (NotImplementedError, RuntimeError, ValueError, UnicodeError) as error:
            if isinstance(error, ProjectError):
                raise
            raise ProjectError(f"the archive cannot be read: {error}", path) from None


def _describe(file: BinaryIO, path: str) -> Described:
    _look_at_the_end(file, path)
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            raise ProjectError(f"it has {len(members)} members, more than {MAX_MEMBERS}", path)
        by_name: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            _check(member, path)
            if member.filename in by_name:
                raise ProjectError(f"it has two members called {member.filename!r}", path)
            by_name[member.filename] = member
        if CONFIG not in by_name:
            raise ProjectError(f"it is a zip file without {CONFIG}, so it holds no model", path)
        model = _text(archive, by_name[CONFIG], MAX_TEXT, path)
        version = ""
        if METADATA in by_name:
            text = _text(archive, by_name[METADATA], MAX_METADATA, path)
            found = as_json(text, f"{path}: {METADATA}").get("keras_version")
            version = found if isinstance(found, str) else ""
    return Described(model, version=version, weights=WEIGHTS in by_name)


def _look_at_the_end(file: BinaryIO, path: str) -> None:
    """Refuses a table of contents that is too large to be read: the end of the file says its size.

    Of a damaged end the archive's reader says what is wrong with it.
    """
    length = file.seek(0, 2)
    file.seek(max(0, length - _LONGEST_END))
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or at + 22 > len(tail):
        raise ProjectError("this is not a .keras file: it is no zip archive, or was cut off", path)
    sizes = [int.from_bytes(tail[at + 12 : at + 16], "little")]
    if at >= 76 and tail[at - 20 : at - 16] == b"PK\6\7":
        # The same for archives of more than four gigabytes.
        sizes.append(int.from_bytes(tail[at - 36 : at - 28], "little"))
    if max(sizes) > MAX_DIRECTORY:
        raise ProjectError("its table of contents is too large to be one of a model", path)
    file.seek(0)


def _check(member: zipfile.ZipInfo, path: str) -> None:
    """Refuses what a model's archive has no use for."""
    name = member.filename
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or ":" in parts[0] or "\0" in member.orig_filename:
        raise ProjectError(f"it has a member that leads out of the archive, {name!r}", path)
    if stat.S_ISLNK(member.external_attr >> 16):
        raise ProjectError(f"it has a member that is a link, {name!r}", path)


def _text(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int, path: str) -> str:
    """A member's text, read no further than it may be long, whatever it says of its length."""
    name = member.filename
    if member.flag_bits & 0x1:
        raise ProjectError(f"its {name} is encrypted", path)
    if member.file_size > most:
        raise ProjectError(f"its {name} is larger than {most // 1024} KiB", path)
    if member.file_size > 4096 and member.file_size > MAX_RATIO * max(1, member.compress_size):
        raise ProjectError(f"its {name} is packed as no text can be; it may be a bomb", path)
    with archive.open(member) as opened:
        content = opened.read(most + 1)
    if len(content) > most:
        raise ProjectError(f"its {name} is larger than {most // 1024} KiB", path)
    return decode(content, f"{path}: {name}")


IMPORTER = Importer("Keras models", (".keras",), (b"PK\x03\x04",), describe)
