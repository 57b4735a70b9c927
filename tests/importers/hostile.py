"""Model files that were made to do harm, and files that are no such thing or only half of one.

Run as a program (``python -m tests.importers.hostile FOLDER``) it writes them to a folder, opens
each and prints what came of it, how long that took, and what Python was asked for meanwhile.
"""

import json
import os
import stat
import struct
import sys
import time
import zipfile
from pathlib import Path

CANARY = "canary"
"""What the code in these files would write, beside them."""


def layer(class_name, name, *sources, module="keras.layers", **config):
    """A layer of a functional model, as Keras 2 writes its calls."""
    nodes = [[[source, 0, 0, {}] for source in sources]] if sources else []
    found = {"class_name": class_name, "config": {"name": name, **config}, "name": name}
    return {"module": module, "registered_name": None, **found, "inbound_nodes": nodes}


INPUT = layer("InputLayer", "in", batch_shape=[None, 4])


def functional(*layers, outputs=None):
    last = layers[-1]["name"] if layers else "in"
    config = {
        "name": "net",
        "layers": [INPUT, *layers],
        "input_layers": [["in", 0, 0]],
        "output_layers": outputs or [[last, 0, 0]],
    }
    return {"module": "keras", "class_name": "Functional", "config": config}


SOUND = json.dumps(functional(layer("Dense", "d", "in", units=2)))
GADGETS = {
    "os_system": {"module": "os", "class_name": "system", "config": {"command": "CODE"}},
    "popen": {"module": "subprocess", "class_name": "Popen", "config": {"args": ["sh", "-c"]}},
    "exec": {"module": "builtins", "class_name": "function", "config": "exec"},
    "get_file": {"module": "keras.utils", "class_name": "get_file", "config": {
        "fname": "x", "origin": "http://127.0.0.1:9/x", "cache_dir": "."}},
    "reduce": {"module": "builtins", "class_name": "__reduce__", "config": {
        "value": "cos\nsystem\n(S'CODE'\ntR."}},
}  # fmt: skip


def configs():
    """Texts of configurations, each with what should come of it."""
    opened, refused = "opened", "refused"
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None}}
    yield "lambda", opened, json.dumps(functional(layer("Lambda", "l", "in", function=code)))
    for name, gadget in GADGETS.items():
        as_layer = {**layer("x", "g", "in"), **gadget, "registered_name": None}
        yield (
            f"gadget_layer_{name}",
            opened if isinstance(gadget["config"], dict) else refused,
            json.dumps(functional(as_layer)),
        )
        inside = layer("Dense", "d", "in", units=2, kernel_initializer=gadget)
        yield f"gadget_initializer_{name}", opened, json.dumps(functional(inside))
        model = {**json.loads(SOUND), "compile_config": {"optimizer": gadget, "loss": gadget}}
        yield f"gadget_optimizer_{name}", opened, json.dumps(model)
    # A class that a package could offer, and types as nodes of such packages have them.
    yield "offered_class", opened, json.dumps(functional(
        layer("Scale", "s", "in", module="antigravity", registered_name="this>Scale")))  # fmt: skip
    yield "offered_type", opened, json.dumps(functional(
        layer("this:Scale", "s", "in", module="this")))  # fmt: skip
    yield "unsafe", opened, json.dumps(functional(
        layer("enable_unsafe_deserialization", "u", "in", module="keras.config")))  # fmt: skip
    yield "vocabulary", opened, json.dumps(functional(
        layer("StringLookup", "s", "in", vocabulary="/etc/passwd")))  # fmt: skip
    yield "saved_model", opened, json.dumps(functional(
        layer("TFSMLayer", "s", "in", filepath="/etc")))  # fmt: skip
    yield "torch", opened, json.dumps(functional(
        layer("TorchModuleWrapper", "t", "in", module="gASVIAAAAAAAAACMBXBvc2l4")))  # fmt: skip
    yield "name_as_code", opened, json.dumps(functional(
        layer("Dense", "d\"); import os; os.system('CODE') #", "in", units=2)))  # fmt: skip
    yield "type_as_code", opened, json.dumps(functional(
        layer("Dense(1)\n    import os; os.system('CODE')", "d", "in", units=2)))  # fmt: skip
    yield "path_as_name", opened, json.dumps(functional(
        layer("Dense", "../../etc/passwd", "in", units=2)))  # fmt: skip
    yield "huge_layer", opened, json.dumps(functional(layer("Dense", "d", "in", units=2**53)))
    yield "deep", refused, deep
    yield "twice_a_key", refused, SOUND.replace('"class_name"', '"config": 1, "class_name"', 1)
    yield "nan", refused, SOUND.replace('"units": 2', '"units": NaN')
    yield "infinity", refused, SOUND.replace('"units": 2', '"units": 1e999')
    yield "long_number", refused, SOUND.replace('"units": 2', '"units": ' + "9" * 5000)
    yield "half_a_character", refused, SOUND.replace("net", "\\ud800")
    yield "many_values", refused, '{"class_name": "Sequential", "config": [' + "1," * 10**6 + "1]}"
    yield "many_layers", refused, json.dumps({"class_name": "Sequential", "config": {
        "layers": [{"class_name": "Flatten", "config": {}}] * 6000}})  # fmt: skip
    yield "empty", refused, ""
    yield "a_list", refused, "[]"
    yield "no_layers", opened, '{"class_name": "Sequential", "config": {"layers": []}}'
    yield "nothing_in_it", refused, "{}"
    yield "subclassed", refused, json.dumps({"class_name": "Mine", "config": {"size": 3}})
    yield "cycle", opened, json.dumps(functional(
        layer("Dense", "a", "b", units=2), layer("Dense", "b", "a", units=2)))  # fmt: skip
    yield "no_such_layer", refused, json.dumps(functional(layer("Dense", "d", "gone", units=2)))
    yield "no_such_call", refused, SOUND.replace('"in", 0, 0, {}', '"in", 7, 0, {}')
    yield "no_such_output", opened, SOUND.replace('"in", 0, 0, {}', '"in", 0, 900, {}')
    yield "huge_output", refused, SOUND.replace('"in", 0, 0, {}', '"in", 0, 999999999, {}')
    yield "twice_a_layer", refused, json.dumps(functional(
        layer("Dense", "d", "in", units=2), layer("Dense", "d", "in", units=2)))  # fmt: skip
    yield from of_any_length(opened, refused)
    for at, wrong in enumerate((1, "x", None, [], {}, True, -1.5, [[]], {"a": 1}, [None])):
        for key in ("layers", "input_layers", "output_layers"):
            model = json.loads(SOUND)
            model["config"][key] = wrong
            yield f"wrong_{key}_{at}", None, json.dumps(model)
        for key in ("class_name", "config", "inbound_nodes", "name"):
            model = json.loads(SOUND)
            model["config"]["layers"][1][key] = wrong
            yield f"wrong_layer_{key}_{at}", None, json.dumps(model)
        for key in ("units", "activation", "kernel_initializer", "dtype", "trainable"):
            model = json.loads(SOUND)
            model["config"]["layers"][1]["config"][key] = wrong
            yield f"wrong_argument_{key}_{at}", opened, json.dumps(model)
        for key in ("optimizer", "loss", "metrics", "loss_weights"):
            model = {**json.loads(SOUND), "compile_config": {"optimizer": "adam", key: wrong}}
            yield f"wrong_compiled_{key}_{at}", opened, json.dumps(model)


def of_any_length(opened, refused):
    """Texts that are sound in each of their parts and ask for much work."""
    recurrent = {"class_name": "LSTM", "config": {"units": 2}}
    inside = recurrent
    for _ in range(22):
        config = {"layer": inside, "backward_layer": recurrent}
        inside = {"class_name": "Bidirectional", "config": config}
    yield "twice_in_itself", opened, json.dumps(functional(
        layer("Bidirectional", "b", "in", **inside["config"])))  # fmt: skip
    cell = {"class_name": "LSTMCell", "config": {"units": 2}}
    stacked = {"class_name": "StackedRNNCells", "config": {"cells": [cell] * 30_000}}
    yield "many_cells", opened, json.dumps(functional(layer("RNN", "r", "in", cell=stacked)))
    keys = ",".join(f'"{at}":1' for at in range(90_000))
    yield "twice_a_late_key", refused, f'{{"class_name":"Sequential","x":{{{keys},"89999":2}}}}'
    idle = [
        {**layer("Add", f"o{at}", f"o{at - 1}" if at else "e"), "module": "keras.src.ops.numpy"}
        for at in range(9_000)
    ]
    words = layer("Embedding", "e", "in", input_dim=3, output_dim=3, mask_zero=True)
    yield "idle_masks", opened, json.dumps(functional(words, *idle, outputs=[["e", 0, 0]]))
    yield "odd_version", opened, json.dumps({**json.loads(SOUND), "keras_version": "\u00b2.1"})
    yield "long_title", opened, SOUND.replace("net", "n" * 10**6)
    yield "long_rank", opened, json.dumps({"class_name": "Sequential", "config": {"layers": [
        {"class_name": "InputLayer", "config": {"batch_shape": [1] * 50_000}}]}})  # fmt: skip
    axes = {"module": "keras.src.ops.numpy", "axis": list(range(50_000))}
    yield "many_axes", opened, json.dumps(functional(layer("ExpandDims", "e", "in", **axes)))
    yield "long_equation", opened, json.dumps(functional(layer(
        "EinsumDense", "e", "in", equation="a" * 10**6 + ",ab->b", output_shape=[1])))  # fmt: skip
    parts = {"module": "keras.src.ops.numpy", "indices_or_sections": 2**52, "axis": 1}
    yield "many_parts", opened, json.dumps(functional(layer("Split", "s", "in", **parts)))


def archives(folder):
    """Writes ``.keras`` files into a folder; yields each name with what should come of it."""

    def write(name, *members, **options):
        with zipfile.ZipFile(folder / f"{name}.keras", "w", **options) as archive:
            for member, content in members:
                archive.writestr(member, content)

    def patched(name, change):
        content = bytearray((folder / "plain.keras").read_bytes())
        change(content)
        (folder / f"{name}.keras").write_bytes(content)

    config = ("config.json", SOUND)
    write("plain", config, ("metadata.json", '{"keras_version": "3.15.1"}'))
    yield "plain", "opened"
    for name, member in {
        "up": f"../{CANARY}", "absolute": f"/tmp/{CANARY}", "drive": f"C:\\{CANARY}",
        "up_on_windows": f"..\\{CANARY}", "up_later": f"assets/../../{CANARY}",
    }.items():  # fmt: skip
        write(name, config, (member, "x"))
        yield name, "refused"
    link = zipfile.ZipInfo("model.weights.h5")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    write("link", config, (link, "/etc/passwd"))
    yield "link", "refused"
    write("linked_config", (_linked("config.json"), "/etc/passwd"))
    yield "linked_config", "refused"
    packed = {"compression": zipfile.ZIP_DEFLATED}
    write("bomb", ("config.json", b" " * (30 * 2**20)), **packed)
    yield "bomb", "refused"
    write("small_bomb", ("config.json", b" " * (7 * 2**20)), **packed)
    yield "small_bomb", "refused"
    write("weights_bomb", config, ("model.weights.h5", b"\0" * (20 * 2**20)), **packed)
    yield "weights_bomb", "opened"  # the weights are not looked at
    inner = (folder / "bomb.keras").read_bytes()
    write("nested", ("config.json", inner))
    yield "nested", "refused"
    write("many", config, *((f"assets/{n}", "") for n in range(11_000)))
    yield "many", "refused"
    write("no_config", ("readme.txt", "x"))
    yield "no_config", "refused"
    write("not_utf8", ("config.json", SOUND.encode("utf-16")))
    yield "not_utf8", "refused"
    write("lying_metadata", config, ("metadata.json", "[" * 100_000))
    yield "lying_metadata", "refused"
    with zipfile.ZipFile(folder / "twice.keras", "w") as archive:
        for text in (SOUND, "{}"):
            name = zipfile.ZipInfo("config.json")
            archive.infolist().clear()
            archive.NameToInfo.clear()
            archive.writestr(name, text)
        archive.filelist.append(archive.filelist[0])
    yield "twice", "refused"
    plain = (folder / "plain.keras").read_bytes()
    for tenth in range(1, 10):
        name = f"cut_{tenth}"
        (folder / f"{name}.keras").write_bytes(plain[: len(plain) * tenth // 10])
        yield name, "refused"
    (folder / "nothing.keras").write_bytes(b"")
    yield "nothing", "refused"
    (folder / "noise.keras").write_bytes(bytes(range(256)) * 64)
    yield "noise", "refused"
    at = plain.index(b"PK\1\2")
    patched("huge_size", lambda b: b.__setitem__(slice(at + 24, at + 28), b"\xf0\xff\xff\xff"))
    yield "huge_size", "refused"
    patched("small_size", lambda b: b.__setitem__(slice(at + 24, at + 28), b"\x05\0\0\0"))
    yield "small_size", "refused"
    patched("encrypted", lambda b: b.__setitem__(at + 8, 1))
    yield "encrypted", "refused"
    patched("odd_method", lambda b: b.__setitem__(slice(at + 10, at + 12), struct.pack("<H", 99)))
    yield "odd_method", "refused"
    end = plain.index(b"PK\5\6")
    patched("huge_table", lambda b: b.__setitem__(slice(end + 12, end + 16), b"\xff\xff\xff\x7f"))
    yield "huge_table", "refused"
    patched("far_member", lambda b: b.__setitem__(slice(at + 42, at + 46), b"\xff\xff\xff\x7f"))
    yield "far_member", "refused"


def _linked(name):
    link = zipfile.ZipInfo(name)
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    return link


def hdf5(folder):
    """Writes ``.h5`` files into a folder; yields each name with what should come of it."""
    import h5py
    import numpy as np

    def file(name):
        return h5py.File(folder / f"{name}.h5", "w")

    pipe = str(folder / "pipe")
    if not os.path.exists(pipe):
        os.mkfifo(pipe)  # whoever opens it waits for ever
    with file("links") as made:
        made.attrs["model_config"] = SOUND
        made["model_weights"] = h5py.ExternalLink(pipe, "/")
        made["soft"] = h5py.SoftLink("/soft")
        made["hard"] = made["/"]
    yield "links", "opened"
    with file("external") as made:
        made.attrs["model_config"] = SOUND
        made.create_dataset("model_weights", (4,), "u1", external=[(pipe, 0, 4)])
    yield "external", "opened"
    with file("linked_root") as made:
        made["model_config"] = h5py.ExternalLink(pipe, "/")
    yield "linked_root", "refused"
    with file("huge") as made:
        made.attrs["model_config"] = "x" * (30 * 2**20)
    yield "huge", "refused"
    with file(
        "huge_fixed",
    ) as made:
        made.attrs.create("model_config", b"x", dtype="S60000")
    yield "huge_fixed", "refused"
    with file("numbers") as made:
        made.attrs["model_config"] = np.zeros(1000)
    yield "numbers", "refused"
    with file("several") as made:
        made.attrs["model_config"] = [SOUND, SOUND]
    yield "several", "refused"
    with file("reference") as made:
        made.attrs["model_config"] = made.ref
    yield "reference", "refused"
    with file("weights_alone") as made:
        made.attrs["layer_names"] = ["d"]
    yield "weights_alone", "refused"
    with file("not_utf8") as made:
        made.attrs["model_config"] = np.bytes_(b"\xff\xfe{")
    yield "not_utf8", "refused"
    with file("bad_training") as made:
        made.attrs["model_config"] = SOUND
        made.attrs["training_config"] = "[" * 100_000
    yield "bad_training", "refused"
    whole = (folder / "links.h5").read_bytes()
    (folder / "cut.h5").write_bytes(whole[: len(whole) // 2])
    yield "cut", "refused"
    (folder / "head.h5").write_bytes(whole[:8])
    yield "head", "refused"
    (folder / "noise.h5").write_bytes(whole[:96] + bytes(range(256)) * 16)
    yield "noise", "refused"
    (folder / "no_hdf5.h5").write_bytes(b"PK\3\4" * 100)
    yield "no_hdf5", "refused"


def write(folder):
    """Writes them all; what should come of each, by file name: None where either is right."""
    expected = {}
    for name, outcome, text in configs():
        code = f"touch {folder / CANARY}"
        (folder / f"{name}.json").write_text(text.replace("CODE", code), "utf-8")
        expected[f"{name}.json"] = outcome
    expected |= {f"{name}.keras": outcome for name, outcome in archives(folder)}
    expected |= {f"{name}.h5": outcome for name, outcome in hdf5(folder)}
    return expected


WATCHED = (
    "open", "exec", "compile", "import", "marshal.loads", "pickle.find_class", "subprocess.Popen",
    "os.", "shutil.", "socket.", "ctypes.", "urllib.", "glob.", "tempfile.",
)  # fmt: skip


def main(folder):
    import ast

    from bnstudio import importers
    from bnstudio.exporters.keras_script import render
    from bnstudio.project import ProjectError, dumps

    seen = []
    watching = False

    def watch(event, arguments):
        if watching and event.startswith(WATCHED):
            seen.append((event, arguments))

    def take(path):
        try:
            imported = importers.load(str(path))
            dumps(imported.project)
        except ProjectError as error:
            return None, str(error)
        return imported.project, " ".join(imported.notes)

    # What is imported late is imported now, so that nothing that is seen is that.
    expected = write(folder)
    for name in ("plain.keras", "links.h5", "cycle.json", "many_parts.json"):
        take(folder / name)
    sys.addaudithook(watch)
    for name, outcome in expected.items():
        path = folder / name
        seen.clear()
        start, watching = time.monotonic(), True
        project, said = take(path)
        watching = False
        found = {
            "file": name,
            "expected": outcome,
            "outcome": "opened" if project else "refused",
            "said": said,
            "took": time.monotonic() - start,
            "events": [
                f"{event} {arguments!r:.300}"
                for event, arguments in seen
                if not (event == "open" and arguments[:2] == (str(path), "r"))
            ],
        }
        if project:
            tree = ast.walk(ast.parse(render(project).text))
            found["names"] = sorted({node.id for node in tree if isinstance(node, ast.Name)})
        sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
