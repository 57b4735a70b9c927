"""A database that is damaged, foreign, newer, locked or read-only: told in words, never lost."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnstudio.runs import database, record
from bnstudio.runs.database import RecordError, changing, create, reading
from bnstudio.runs.run import Run
from bnstudio.runs.store import RunStore
from bnstudio.training.messages import Finished, Started
from tests.ui.training.fakes import whole_run


def new_run(number: int = 1) -> Run:
    return Run(f"run{number}", f"Run {number}", "{}", number=number)


def keep(store: RunStore, number: int = 1) -> Run:
    """A whole run, recorded."""
    run = new_run(number)
    recorder = store.begin(run)
    assert recorder is not None, store.warning
    for event in whole_run(run.id, ("a", "b")):
        assert run.apply(event)
        if run.live:
            recorder.add(run, event)
    recorder.finish(run)
    assert recorder.complaint() == ""
    return run


@pytest.fixture
def store(tmp_path):
    store = RunStore(tmp_path / "runs")
    yield store
    store.close()


def titles(store: RunStore) -> list[str]:
    return [run.title for run in RunStore(store.folder).runs()]


def test_the_file_says_what_it_is(store):
    keep(store)
    with reading(store.home.path) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (database.APPLICATION,)
        assert connection.execute("PRAGMA user_version").fetchone() == (database.VERSION,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()
    assert sorted(path.name for path in store.folder.iterdir()) == ["models", "runs.db"]


@pytest.mark.parametrize("cut", [1, 50, 99, 1000, 4096, 9000])
def test_a_truncated_file_is_set_aside_and_a_new_one_begun(store, cut):
    keep(store)
    store.close()
    path = store.home.path
    content = path.read_bytes()[:cut]
    path.write_bytes(content)
    later = RunStore(store.folder)
    assert list(later.runs()) == []
    assert later.unreadable == [path]
    assert "damaged" in later.faults[0]
    assert path.read_bytes() == content, "a list changes nothing"
    keep(later, 2)
    assert "runs.db.damaged-1" in later.warning
    assert path.with_name("runs.db.damaged-1").read_bytes() == content
    assert titles(store) == ["Run 2"]
    later.close()


@given(content=st.binary(min_size=1, max_size=3000))
def test_random_bytes_are_set_aside(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("runs")
    (folder / "runs.db").write_bytes(content)
    store = RunStore(folder)
    assert list(store.runs()) == []
    keep(store)
    assert (folder / "runs.db.damaged-1").read_bytes() == content
    assert titles(store) == ["Run 1"]
    store.close()


@given(data=st.data())
def test_whatever_byte_is_damaged_nothing_crashes_and_nothing_is_deleted(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("runs")
    store = RunStore(folder)
    keep(store)
    store.close()
    path = folder / "runs.db"
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    store = RunStore(folder)
    for run in store.runs():
        store.load(run)
    recorder = store.begin(new_run(2))
    if recorder is not None:
        recorder.finish(new_run(2))
    else:
        assert store.warning
    store.close()
    if recorder is not None and recorder.aside is not None:
        assert recorder.aside.read_bytes() == content


def test_a_file_that_sqlite_cannot_even_quote_is_damaged(store):
    keep(store)
    store.close()
    content = store.home.path.read_bytes().replace(b"CREATE TABLE logs", b"CREATE TABLE \x80\xff()")
    store.home.path.write_bytes(content)
    later = RunStore(store.folder)
    assert list(later.runs()) == []
    assert "damaged" in later.faults[0]
    keep(later, 2)
    assert store.home.path.with_name("runs.db.damaged-1").read_bytes() == content
    later.close()


def test_several_damaged_files_are_all_kept(store):
    store.folder.mkdir()
    for number in range(1, 4):
        store.home.path.write_bytes(b"%d" % number * 200)
        create(store.home.path)[0].close()
        aside = store.home.path.with_name(f"runs.db.damaged-{number}")
        assert aside.read_bytes() == b"%d" % number * 200


@pytest.mark.parametrize(
    ("pragma", "words"),
    [
        ("application_id = 7", "another program"),
        (f"user_version = {database.VERSION + 1}", "later bnstudio"),
    ],
)
def test_what_is_not_ours_is_left_alone(store, pragma, words):
    keep(store)
    store.close()
    connection = sqlite3.connect(store.home.path)
    connection.execute(f"PRAGMA {pragma}")
    connection.close()
    content = store.home.path.read_bytes()
    later = RunStore(store.folder)
    assert list(later.runs()) == []
    assert words in later.faults[0]
    assert later.begin(new_run(2)) is None
    assert words in later.warning
    with pytest.raises(RecordError, match=words):
        later.describe(new_run())
    later.close()
    assert store.home.path.read_bytes() == content
    assert [path.name for path in store.folder.glob("runs.db*")] == ["runs.db"]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE runs RENAME TO hidden; CREATE VIEW runs AS WITH RECURSIVE n(id) AS "
        "(VALUES (1) UNION ALL SELECT id + 1 FROM n) SELECT * FROM n",
        "CREATE TRIGGER t AFTER UPDATE ON runs BEGIN DELETE FROM runs; END",
    ],
)
def test_a_file_from_elsewhere_computes_nothing(store, statement):
    keep(store)
    store.close()
    connection = sqlite3.connect(store.home.path)
    connection.executescript(statement)
    connection.close()
    later = RunStore(store.folder)
    assert list(later.runs()) == []
    assert "does not write" in later.faults[0]
    assert later.begin(new_run(2)) is None
    later.close()


@pytest.mark.parametrize(
    "change",
    [
        "title = CAST(x'ff41' AS TEXT)",
        "message = CAST(x'ff41' AS TEXT)",
        "hidden = 'yes'",
        "writer = x'00'",
        "project = x'00'",
        "tags = '[\"\\ud800\"]'",
    ],
)
def test_text_from_elsewhere_is_read_or_left_alone(store, change):
    keep(store)
    keep(store, 2)
    connection = sqlite3.connect(store.home.path)
    with connection:
        connection.execute(f"UPDATE runs SET {change} WHERE number = 1")
    connection.close()
    later = RunStore(store.folder)
    runs = list(later.runs())
    assert runs[-1].title == "Run 2"
    for run in runs:
        run.title.encode()
        later.load(run)
    later.close()


def test_a_locked_database_is_told_once_and_written_when_it_is_free(store, monkeypatch):
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    run = new_run()
    recorder = store.begin(run)
    other = sqlite3.connect(store.home.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started, *rest = whole_run(run.id, ("a",))
    run.apply(started)
    recorder.add(run, started)
    while not (told := recorder.complaint()):
        pass
    assert "another program" in told
    assert recorder.complaint() == ""
    for event in rest:
        run.apply(event)
        if run.live:
            recorder.add(run, event)
    other.execute("ROLLBACK")
    other.close()
    recorder.finish(run)
    store.close()
    (found,) = RunStore(store.folder).runs()
    assert found.state == "completed"
    store.load(found)
    assert len(found.steps) == 30
    assert found.history.count == 3


def test_a_database_that_is_locked_for_good_costs_the_record_not_the_run(store, monkeypatch):
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    run = new_run()
    recorder = store.begin(run)
    other = sqlite3.connect(store.home.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    run.apply(Finished(run.id, "completed", 0, 1.0))
    recorder.finish(run)
    assert recorder.complaint()
    assert store.begin(new_run(2)) is None
    assert "another program" in store.warning
    with pytest.raises(RecordError, match="another program"):
        store.describe(run)
    store.close()
    assert not recorder.writing
    other.close()


def test_what_waits_is_written_in_pieces_that_are_read_as_one(store, monkeypatch):
    monkeypatch.setattr(record, "_ROWS", 7)
    was = keep(store)
    (run,) = RunStore(store.folder).runs()
    store.load(run)
    with reading(store.home.path) as connection:
        rows = connection.execute("SELECT rows FROM logs WHERE kind = 'step'").fetchall()
    assert len(rows) > 4
    assert max(rows) == (7,)
    for name in was.steps:
        assert run.steps[name].tolist() == was.steps[name].tolist()


def by_another_process(path: Path, statement: str) -> str:
    """What another program, which is the last to close the file as far as it can tell, reads."""
    code = (
        "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1]); "
        "print(connection.execute(sys.argv[2]).fetchone()); connection.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), statement],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def test_what_others_read_meanwhile_costs_a_record_nothing(store, monkeypatch):
    """A look at the file from this process must not give up the locks of the one that writes."""
    monkeypatch.setattr(record, "INTERVAL", 0.001)
    first, run = keep(store), new_run(2)
    recorder = store.begin(run)
    assert store.holds(first)
    store.describe(first)
    assert len(list(RunStore(store.folder).runs())) == 1
    count = "SELECT count(*) FROM histograms WHERE run = 'run2'"
    assert by_another_process(store.home.path, count) == "(0,)"
    for event in whole_run(run.id, ("a",), end=""):
        run.apply(event)
        recorder.add(run, event)
    while recorder._measured:
        recorder._done.wait(0.001)
    assert by_another_process(store.home.path, count) == "(3,)"
    assert store.home.path.with_name("runs.db-wal").exists()


def test_a_full_disk_is_told_in_words(store):
    run = new_run()
    recorder = store.begin(run)
    recorder._connection.execute("PRAGMA max_page_count = 1")
    for event in whole_run(run.id, tuple("abcdefgh"), epochs=200):
        run.apply(event)
        if run.live:
            recorder.add(run, event)
    recorder.finish(run)
    recorder.close()
    assert "the disk is full" in recorder._trouble
    assert recorder.complaint().startswith("The run's record cannot be written")
    with reading(store.home.path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_what_a_full_disk_has_held_back_is_written_once_there_is_room(store, monkeypatch):
    monkeypatch.setattr(record, "INTERVAL", 0.01)
    run = new_run()
    recorder = store.begin(run)
    bound = "PRAGMA max_page_count = {}".format
    recorder._connection.execute(bound(1))
    for event in whole_run(run.id, tuple("abcdefgh"), epochs=200):
        run.apply(event)
        if run.live:
            recorder.add(run, event)
    recorder.finish(run)
    assert recorder.complaint()
    assert recorder.writing, "the run is over, but not its record"
    assert not store.holds(run)
    recorder._connection.execute(bound(2**30))
    recorder._thread.join(30)
    assert store.holds(run)
    (kept,) = RunStore(store.folder).runs()
    store.load(kept)
    found = len(kept.epochs), len(kept.steps), kept.history.count
    assert found == (len(run.epochs), len(run.steps), run.history.count)


@pytest.mark.parametrize("folder", ["/proc/bnstudio/runs", "file/runs"])
def test_a_folder_that_cannot_be_made_is_told_in_words(tmp_path, folder):
    (tmp_path / "file").write_text("no folder")
    store = RunStore(tmp_path / folder)
    assert list(store.runs()) == []
    assert store.begin(new_run()) is None
    assert "cannot be written" in store.warning
    store.close()


def test_runs_in_a_folder_that_is_read_only_are_listed(store, monkeypatch):
    keep(store)
    store.close()
    real = sqlite3.connect

    def connect(where: str, **options):
        """What SQLite says where it may not make the files that it needs beside the database."""
        if "immutable" not in where:
            raise sqlite3.OperationalError("unable to open database file")
        return real(where, **options)

    monkeypatch.setattr(sqlite3, "connect", connect)
    later = RunStore(store.folder)
    (run,) = later.runs()
    later.load(run)
    assert len(run.steps) == 30
    assert later.begin(new_run(2)) is None
    assert later.warning


def test_two_windows_record_and_delete_side_by_side(store):
    other = RunStore(store.folder)
    first, second = new_run(1), new_run(2)
    recorders = store.begin(first), other.begin(second)
    for pair in zip(*(whole_run(run.id, ("a",)) for run in (first, second)), strict=True):
        for run, recorder, event in zip((first, second), recorders, pair, strict=True):
            run.apply(event)
            if run.live:
                recorder.add(run, event)
    for run, recorder in zip((first, second), recorders, strict=True):
        recorder.finish(run)
    assert titles(store) == ["Run 1", "Run 2"]
    store.hide(first)
    other.close()
    store.unhide(first)
    assert titles(store) == ["Run 1", "Run 2"], "another window deletes only what it has hidden"
    store.hide(first)
    store.close()
    store.unhide(first)
    assert titles(store) == ["Run 2"]


def test_what_an_empty_file_was_to_become_is_made_of_it(store):
    store.folder.mkdir()
    store.home.path.touch()
    assert list(store.runs()) == []
    assert store.faults == []
    keep(store)
    assert titles(store) == ["Run 1"]


def test_a_record_that_is_gone_is_told_in_words(store):
    with pytest.raises(RecordError, match="gone"), changing(Path("nowhere.db")):
        pass
    keep(store)
    store.close()
    store.home.path.unlink()
    assert not store.holds(new_run())
    store.hide(new_run())
    store.load(Run("run1", "Run 1", "{}", loaded=False))


def test_numbers_beyond_what_a_database_holds_do_not_end_the_record(store):
    run = new_run()
    recorder = store.begin(run)
    event = Started(run.id, 2**63, 2**64 - 1, -(2**63), 0, (), 2**63)
    run.apply(event)
    recorder.add(run, event)
    run.apply(Finished(run.id, "completed", 1, 1.0))
    recorder.finish(run)
    assert recorder.complaint() == ""
    assert titles(store) == ["Run 1"]
