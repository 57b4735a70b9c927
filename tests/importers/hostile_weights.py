"""Files of weights that were made to do harm, or that no Keras has written so.

Run as a program (``python -m tests.importers.hostile_weights FOLDER``) it looks for the weights in
each in this one process, with Python's audit hook set, and prints what came of it.
"""

import json
import os
import sys
import time
import zipfile
from pathlib import Path

from tests.importers.hostile import SOUND, WATCHED


def legacy(folder):
    """Writes HDF5 files; yields each name with why it is refused, or nothing if it is not."""
    import h5py
    import numpy as np

    pipe = str(folder / "pipe")
    if not os.path.exists(pipe):
        os.mkfifo(pipe)  # whoever opens it waits for ever
    kernel, bias = np.ones((4, 2), "f4"), np.zeros(2, "f4")
    names = [b"d/kernel:0", b"d/bias:0"]

    def made(name, change=None, weights=((b"d/kernel:0", kernel), (b"d/bias:0", bias))):
        with h5py.File(folder / f"{name}.h5", "w") as file:
            file.attrs["model_config"] = SOUND
            group = file.create_group("model_weights/d")
            group.attrs["weight_names"] = names
            for key, value in weights:
                group[key] = value
            if change:
                change(file, group)
        return name

    def replaced(name, make, **others):
        def change(file, group):
            del group["d/kernel:0"]
            make(group)

        return made(name, change, **others)

    yield made("sound"), ""
    yield made("beside", lambda f, g: f.create_dataset("more", data=bias)), ""
    yield made("optimizer", lambda f, g: f.__setitem__(
        "optimizer_weights", h5py.ExternalLink(pipe, "/"))), ""  # fmt: skip
    yield made("text", lambda f, g: g.__setitem__("note", "read me")), ""
    yield made("external_group", lambda f, g: g.__setitem__(
        "e", h5py.ExternalLink(pipe, "/"))), "is a link"  # fmt: skip
    yield made("passwd", lambda f, g: g.__setitem__(
        "e", h5py.ExternalLink("/etc/passwd", "/"))), "is a link"  # fmt: skip
    yield (
        made("soft", lambda f, g: g.__setitem__("e", h5py.SoftLink("/model_weights"))),
        "is a link",
    )
    yield (
        made("loop", lambda f, g: g.__setitem__("e", f["model_weights"])),
        "stands in the file twice",
    )
    yield made("twice", lambda f, g: g.__setitem__("e", g["d/bias:0"])), "stands in the file twice"
    yield made("deep", lambda f, g: g.create_group("/".join("x" * 80))), "deep"
    one_piece = "in one piece"
    yield replaced("external", lambda g: g.create_dataset(
        "d/kernel:0", (4, 2), "f4", external=[(pipe, 0, 32)])), one_piece  # fmt: skip
    yield replaced("external_passwd", lambda g: g.create_dataset(
        "d/kernel:0", (4, 2), "f4", external=[("/etc/passwd", 0, 32)])), one_piece  # fmt: skip

    def virtual(group):
        layout = h5py.VirtualLayout((4, 2), "f4")
        layout[:] = h5py.VirtualSource(pipe, "x", (4, 2))
        group.create_virtual_dataset("d/kernel:0", layout)

    yield replaced("virtual", virtual), one_piece
    yield replaced("packed", lambda g: g.create_dataset(
        "d/kernel:0", data=kernel, compression="gzip")), one_piece  # fmt: skip
    yield replaced("chunked", lambda g: g.create_dataset(
        "d/kernel:0", data=kernel, chunks=(2, 2))), one_piece  # fmt: skip
    yield replaced("shape_bomb", lambda g: g.create_dataset(
        "d/kernel:0", (2**20, 2**20), "f8")), one_piece  # fmt: skip
    yield replaced("bomb_of_chunks", lambda g: g.create_dataset(
        "d/kernel:0", (2**30, 2**20), "f8", chunks=(1, 1), fillvalue=1.0)), one_piece  # fmt: skip
    yield made("numbers_for_names", lambda f, g: g.attrs.__setitem__(
        "weight_names", np.arange(3))), "list of names"  # fmt: skip
    yield made("long_names", lambda f, g: g.attrs.create(
        "weight_names", np.array([b"x"], dtype="S60000"))), "list of names"  # fmt: skip
    nothing = "no weights in it"
    yield made("no_such_names", lambda f, g: g.attrs.__setitem__(
        "weight_names", [b"../../x", b"/etc/passwd"])), nothing  # fmt: skip
    yield made("objects", None, [(b"d/kernel:0", np.array([b"x"] * 2))]), nothing
    yield made("records", None, [(b"d/kernel:0", np.zeros(2, "f4,i4"))]), nothing
    yield made("big_endian", None, [(b"d/kernel:0", kernel.astype(">f4"))]), nothing
    whole = (folder / "sound.h5").read_bytes()
    at = whole.index(kernel.tobytes()).to_bytes(8, "little")
    (folder / "far.h5").write_bytes(whole.replace(at, (2**40).to_bytes(8, "little"), 1))
    yield "far", "cannot be read"
    (folder / "cut.h5").write_bytes(whole[:-40])
    yield "cut", "cannot be read"


def archives(folder):
    """The same for ``.keras`` files."""
    import io

    import h5py
    import numpy as np

    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        file["layers/dense/vars/0"] = np.ones((4, 2), "f4")
        file["layers/dense/vars/1"] = np.zeros(2, "f4")
        file["optimizer/vars/0"] = h5py.ExternalLink(str(folder / "pipe"), "/")
    weights = out.getvalue()

    def write(name, content, kind=zipfile.ZIP_STORED):
        with zipfile.ZipFile(folder / f"{name}.keras", "w", kind) as archive:
            archive.writestr("config.json", SOUND)
            archive.writestr("model.weights.h5", content)
        return name

    def patched(name, base, change):
        blob = bytearray((folder / f"{base}.keras").read_bytes())
        change(blob, blob.rindex(b"PK\1\2"), blob.rindex(b"PK\3\4"))
        (folder / f"{name}.keras").write_bytes(blob)
        return name

    def put(start, value, size=4):
        return lambda blob, table, member: blob.__setitem__(
            slice(table + start, table + start + size), value.to_bytes(size, "little")
        )

    yield write("stored", weights), ""
    yield write("deflated", weights, zipfile.ZIP_DEFLATED), ""
    yield write("zeros", b"\0" * (20 * 2**20), zipfile.ZIP_DEFLATED), "cannot be read"
    yield patched("bomb", "deflated", put(24, 2**31)), "packed as no weights can be"
    yield patched("encrypted", "stored", put(8, 1, 2)), "is encrypted"
    yield patched("far", "stored", put(42, 2**31 - 1)), "is damaged"
    yield patched("too_long", "stored", put(20, 2**30 + (2**30 << 32), 8)), "is damaged"
    yield patched("no_member", "stored", lambda blob, table, member: blob.__setitem__(
        slice(member, member + 4), b"oops")), "is damaged"  # fmt: skip
    yield write("noise", bytes(range(256)) * 64), "cannot be read"
    yield write("cut", weights[: len(weights) // 2]), "cannot be read"
    yield write("nothing", b""), "cannot be read"


def main(folder):
    """Prints what came of each, and what Python was asked for meanwhile."""
    import h5py

    from bnstudio.engine import unpack_weights
    from bnstudio.importers import weights
    from bnstudio.importers.model import draw
    from bnstudio.project import ProjectError

    def ask(path, start, length):
        """What the child does, without one: starting it is most of the time."""
        try:
            return json.loads(json.dumps(unpack_weights.read(h5py, path, start, length)))
        except (OSError, ValueError, RuntimeError, KeyError, TypeError, MemoryError) as error:
            return {"refused": f"the HDF5 file cannot be read: {error}"}

    weights.ask = ask
    seen = []
    watching = False
    sys.addaudithook(
        lambda event, arguments: (
            seen.append((event, arguments)) if watching and event.startswith(WATCHED) else None
        )
    )
    target = folder / "net.weights"
    files = {f"{name}.h5": why for name, why in legacy(folder)}
    files |= {f"{name}.keras": why for name, why in archives(folder)}
    own = [f"{target}{suffix}" for suffix in ("", ".partial", ".h5.partial")]
    drawn = draw(json.loads(SOUND), "")
    # What is imported late is imported now, so that nothing that is seen is that.
    weights.Unread(str(folder / "deflated.keras"), drawn).take(target)
    for name, why in files.items():
        path = str(folder / name)
        unread = weights.Unread(path, drawn)
        target.unlink(missing_ok=True)
        seen.clear()
        start, watching = time.monotonic(), True
        try:
            taken, said = unread.take(target).weights.layers, ""
        except ProjectError as error:
            taken, said = None, str(error)
        watching = False
        sys.stdout.write(json.dumps({
            "file": name, "expected": why, "said": said, "taken": bool(taken),
            "took": time.monotonic() - start,
            "left": sorted(each.name for each in folder.glob("net*") if taken is None),
            "events": [
                f"{event} {arguments!r:.300}" for event, arguments in seen
                if not (event == "open" and str(arguments[0]) in (path, *own))
                and not (event in ("os.rename", "os.remove") and str(arguments[0]) in own)
            ],
        }) + "\n")  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
