"""The library: what presets refer to by name, over HTTP and by file."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from services.executor.adapters.content.kept_files import KeptFiles
from services.executor.adapters.content.read_bounded import UnreadableFile, read_bounded
from services.executor.core.presets.entity_tags import names_form, names_version, tag, version_of
from services.executor.core.presets.kept import Wish
from services.executor.errors import ContentExistsError, FolderFullError
from tests.executor.content import BASE, YAML, content, problem
from tests.executor.service import ROOT

CRITERIA = "# Of letters.\n- Clarity\n- {name: Depth, description: deep}\n"
USING = """
documents: ['library:letter']
generation: {instructions: 'library:brief', models: [{provider: local, model: smollm2-135m}]}
single_eval: {criteria: 'library:fair', judges: [{provider: local, model: smollm2-135m}]}
"""


async def test_contents_are_kept_listed_read_and_deleted(tmp_path: Path) -> None:
    async with content(tmp_path) as asked:
        assert (await asked.get("/library")).json() == {"instructions": [], "criteria": [], "documents": []}
        assert (await asked.put("/library/instructions/brief", json={"text": "Be brief."})).status_code == 201
        made = await asked.put("/library/documents/letter", content="text: |\n  Dear all,\n  bye.\n", headers=YAML)
        assert made.headers["location"] == f"{BASE}/library/documents/letter"
        assert (await asked.put("/library/criteria/fair", content=CRITERIA, headers=YAML)).status_code == 201
        listed = (await asked.get("/library")).json()
        assert [(kind, item["name"], item["mistakes"]) for kind, items in listed.items() for item in items] == [
            ("instructions", "brief", []),
            ("criteria", "fair", []),
            ("documents", "letter", []),
        ]
        assert listed["criteria"][0]["criteria"] == 2
        assert "Dear all" not in json.dumps(listed)
        letter = await asked.get("/library/documents/letter")
        assert letter.json() == {"kind": "documents", "name": "letter", "bytes": 15, "text": "Dear all,\nbye.\n"}
        source = await asked.get("/library/documents/letter?as=source")
        assert source.text == "Dear all,\nbye.\n"
        assert source.headers["content-security-policy"] == "sandbox"
        assert source.headers["x-content-type-options"] == "nosniff"
        assert (await asked.get("/library/criteria/fair?as=source")).text == CRITERIA
        assert len((await asked.get("/library/criteria/fair")).json()["criteria"]) == 2
        made_of_it = await asked.put("/presets/mine", content=USING, headers=YAML)
        assert (made_of_it.status_code, made_of_it.json()["planned_calls"]) == (201, 2)
        assert (await asked.delete("/library/documents/letter")).status_code == 204
        problem(await asked.delete("/library/documents/letter"), 404, "not-found")
        listed = {item["name"]: item for item in (await asked.get("/presets")).json()["presets"]}
        assert [one["path"] for one in listed["mine"]["mistakes"]] == ["documents[0]"]


async def test_two_editors_of_a_text_do_not_overwrite_each_other(tmp_path: Path) -> None:
    async with content(tmp_path) as asked:
        first = (await asked.put("/library/documents/letter", json={"text": "one"})).headers["etag"]
        path = "/library/documents/letter"
        assert (await asked.put(path, json={"text": "two"}, headers={"If-Match": first})).status_code == 200
        problem(await asked.put(path, json={"text": "three"}, headers={"If-Match": first}), 412, "precondition-failed")
        problem(
            await asked.put(path, json={"text": "three"}, headers={"If-None-Match": "*"}), 412, "precondition-failed"
        )
        problem(await asked.delete(path, headers={"If-Match": first}), 412, "precondition-failed")
        seen = (await asked.get(path)).headers["etag"]
        assert (await asked.get(path, headers={"If-None-Match": seen})).status_code == 304
        assert (await asked.delete(path, headers={"If-Match": seen})).status_code == 204


async def test_a_change_whose_answer_was_lost_may_be_sent_again(tmp_path: Path) -> None:
    async with content(tmp_path) as asked:
        path = "/library/documents/letter"
        first = (await asked.put(path, json={"text": "one"})).headers["etag"]
        for _ in range(2):
            assert (await asked.put(path, json={"text": "two"}, headers={"If-Match": first})).status_code == 200


async def test_nothing_of_the_library_is_in_the_logs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async with content(tmp_path) as asked:
        await asked.put("/library/documents/letter", json={"text": "CANARY"})
        await asked.put("/library/documents/letter", json={"text": "CANARY", "CANARY": 1})
        await asked.put("/library/criteria/fair", content="- CANARY\n- CANARY\n", headers=YAML)
        await asked.put("/library/criteria/fair", content="CANARY: [", headers=YAML)
        await asked.put("/presets/mine", content=USING + "CANARY: 1", headers=YAML)
        (tmp_path / "library" / "documents" / "letter.md").write_bytes(b"CANARY \xff")
        (tmp_path / "library" / "instructions").write_text("in the way")
        await asked.put("/library/instructions/brief", json={"text": "CANARY"})
        await asked.get("/library/documents/letter")
        await asked.get("/library")
        await asked.get("/presets")
    said = capfd.readouterr()
    assert "CANARY" not in said.out + said.err


async def test_what_is_no_content_is_refused_with_all_mistakes(tmp_path: Path) -> None:
    async with content(tmp_path) as asked:
        wrong = await asked.put("/library/criteria/fair.yaml", json=[{"nam": "x"}, 3])
        assert set(problem(wrong, 422, "invalid-config")) >= {
            "name",
            "criteria[0].nam",
            "criteria[0].name",
            "criteria[1]",
        }
        wrong_texts: tuple[Any, ...] = ({}, {"text": " "}, {"text": 1}, {"text": "x", "more": 1}, [], "x")
        for text in wrong_texts:
            problem(await asked.put("/library/documents/letter", json=text), 422, "invalid-config")
        problem(await asked.put("/library/prompts/x", json={"text": "x"}), 404, "not-found")
        large = await asked.put("/library/documents/letter", json={"text": "x" * (8 * 1024 * 1024 + 1)})
        problem(large, 413, "too-large")
        assert not (tmp_path / "library").exists()


async def test_files_put_there_by_hand_are_the_library_too_and_broken_ones_are_named(tmp_path: Path) -> None:
    for kind, name, raw in (
        ("documents", "hand.txt", b"By hand."),
        ("documents", "noise.md", b"\xff\xfe"),
        ("documents", "picture.png", b""),
        ("criteria", "broken.yaml", b"- {nam: x}"),
    ):
        (tmp_path / "library" / kind).mkdir(parents=True, exist_ok=True)
        (tmp_path / "library" / kind / name).write_bytes(raw)
    async with content(tmp_path) as asked:
        listed = (await asked.get("/library")).json()
        found = {item["name"]: len(item["mistakes"]) for kind in listed for item in listed[kind]}
        assert found == {"hand": 0, "noise": 0, "broken": 2}
        problem(await asked.get("/library/documents/noise"), 422, "invalid-config")
        problem(await asked.get("/library/criteria/broken"), 422, "invalid-config")
        assert (await asked.get("/library/criteria/broken?as=source")).text == "- {nam: x}"
        await asked.put("/library/documents/hand", json={"text": "Changed."})
        assert (tmp_path / "library" / "documents" / "hand.txt").read_text() == "Changed."


def test_a_folder_takes_no_more_than_it_may_hold(tmp_path: Path) -> None:
    folder = KeptFiles(tmp_path / "new", (".md", ".txt"), most_files=2, most_bytes=10)
    assert [folder.keep(name, ".md", b"x", Wish()) for name in ("a", "b", "a")] == [True, True, False]
    with pytest.raises(FolderFullError, match="2 are kept"):
        folder.keep("c", ".md", b"x", Wish())
    folder.remove("a", Wish())
    with pytest.raises(ContentExistsError, match="capital"):
        folder.keep("B", ".md", b"x", Wish())
    (tmp_path / "new" / "b.md").write_bytes(b"x" * 11)
    with pytest.raises(UnreadableFile, match="at most 10"):
        folder.read("b")
    assert not folder.keep("b", ".md", b"short", Wish())


def test_of_two_files_of_one_name_the_newest_counts_and_a_change_leaves_one(tmp_path: Path) -> None:
    folder = KeptFiles(tmp_path, (".md", ".txt"), most_files=2, most_bytes=10)
    (tmp_path / "a.md").write_bytes(b"old")
    (tmp_path / "a.txt").write_bytes(b"new")
    os.utime(tmp_path / "a.md", ns=(1, 1))
    kept = folder.read("a")
    assert kept is not None
    assert (kept.suffix, kept.raw) == (".txt", b"new")
    assert not folder.keep("a", ".md", b"newest", Wish(if_match=tag(kept.version)))
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]


_WRITER = """
import sys
from pathlib import Path
from services.executor.adapters.content.kept_files import KeptFiles
from services.executor.core.presets.kept import Wish
folder = KeptFiles(Path(sys.argv[1]), (".md",), most_files=2, most_bytes=2_000_000)
while True:
    for letter in (b"x", b"y"):
        folder.keep("a", ".md", letter * 1_000_000, Wish())
        print("kept", flush=True)
"""


@pytest.mark.e2e
def test_a_writer_that_is_killed_leaves_the_old_or_the_new_and_nothing_between(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WRITER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        for _ in range(4):
            assert writer.stdout.readline() == b"kept\n"
        writer.kill()
    folder = KeptFiles(tmp_path, (".md",), most_files=2, most_bytes=2_000_000)
    assert folder.names() == ["a"]
    kept = folder.read("a")
    assert kept is not None
    assert kept.raw in {b"x" * 1_000_000, b"y" * 1_000_000}
    assert not folder.keep("a", ".md", b"z", Wish(if_match=tag(kept.version)))


def test_what_is_no_ordinary_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (
        tmp_path / "pipe",
        tmp_path,
        Path("/dev/zero"),
        tmp_path / "none",
        tmp_path / ("x" * 300),
        tmp_path / "\0",
    ):
        with pytest.raises(UnreadableFile):
            read_bounded(path, 10)


@pytest.mark.parametrize(
    ("header", "matches"),
    [
        ('"v"', True),
        ('"w", "v"', True),
        ('"v.form"', True),
        ("*", True),
        ('W/"v"', True),
        ("v", False),
        ("", False),
        ('"vv"', False),
    ],
)
def test_an_if_match_header_names_the_version(header: str, matches: bool) -> None:
    assert names_version(header, "v") is matches
    assert not names_version(header, None)


def test_a_tag_tells_versions_and_forms_apart() -> None:
    version = version_of(b"x")
    assert tag(version) != tag(version_of(b"y"))
    assert len({tag(version), tag(version, b"a"), tag(version, b"b")}) == 3
    assert names_form(f'W/{tag(version)}, "other"', tag(version))
    assert not names_form(tag(version), tag(version, b"a"))
