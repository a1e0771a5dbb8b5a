"""Presets over HTTP: kept as they were sent, checked as a run would be, never over a change somebody has not seen."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from services.executor.core.presets.preset_schema import preset_schema
from services.executor.web.openapi import openapi
from shared import paths
from tests.executor.content import BASE, PRESET, YAML, content, problem

JSON = {"Content-Type": "application/json"}


async def put(asked: httpx.AsyncClient, name: str, text: str, **headers: str) -> httpx.Response:
    return await asked.put(f"/presets/{name}", content=text, headers=YAML | headers)


async def test_a_preset_is_made_listed_read_replaced_and_deleted(tmp_path: Path) -> None:
    async with content(tmp_path) as asked:
        made = await asked.post("/presets", content=PRESET, headers=YAML)
        assert made.status_code == 201
        assert made.headers["location"] == f"{BASE}/presets/letters"
        assert made.json() | {"etag": ""} == {
            "name": "letters",
            "built_in": False,
            "etag": "",
            "description": "Letters, judged.",
            "planned_calls": 1,
            "phases": [{"phase": "single_eval", "planned_calls": 1}],
            "missing": [],
            "mistakes": [],
        }
        listed = {item["name"]: item for item in (await asked.get("/presets")).json()["presets"]}
        assert listed["letters"] == made.json()
        assert listed["demo"]["built_in"]
        read = (await asked.get("/presets/letters")).json()
        assert read["documents"] == [{"id": "one", "text": "Dear all."}]
        replaced = await put(asked, "letters", PRESET.replace("one is enough", "really"))
        assert replaced.status_code == 200
        assert replaced.headers["etag"] != made.headers["etag"]
        assert (await asked.delete("/presets/letters")).status_code == 204
        problem(await asked.get("/presets/letters"), 404, "not-found")
        problem(await asked.delete("/presets/letters"), 404, "not-found")


async def test_what_was_sent_is_kept_byte_for_byte(tmp_path: Path) -> None:
    async with content(tmp_path) as asked:
        await put(asked, "letters", PRESET)
        source = await asked.get("/presets/letters?as=source")
        assert source.text == PRESET
        assert source.headers["content-type"] == "application/yaml"
        assert (await asked.get("/presets/letters", headers={"Accept": "application/yaml"})).text == PRESET
        config = (await asked.get("/presets/letters")).text
        assert (await asked.put("/presets/letters", content=config, headers=JSON)).status_code == 200
        assert (await asked.get("/presets/letters?as=source")).text == config
        assert [path.name for path in (tmp_path / "presets").iterdir()] == ["letters.json"]
        problem(await asked.get("/presets/letters?as=page"), 422, "invalid-parameter")


async def test_two_editors_do_not_overwrite_each_other(tmp_path: Path) -> None:
    async with content(tmp_path) as asked:
        first = (await put(asked, "letters", PRESET)).headers["etag"]
        seen_as_config = (await asked.get("/presets/letters")).headers["etag"]
        assert seen_as_config != first
        second = await put(asked, "letters", PRESET + "seed: 2\n", **{"If-Match": seen_as_config})
        assert second.status_code == 200
        for stale in (first, seen_as_config, 'W/"x"', ""):
            problem(await put(asked, "letters", PRESET, **{"If-Match": stale}), 412, "precondition-failed")
        problem(await asked.delete("/presets/letters", headers={"If-Match": first}), 412, "precondition-failed")
        problem(
            await put(asked, "new", PRESET.replace("name: letters", "name: new"), **{"If-Match": "*"}),
            412,
            "precondition-failed",
        )
        problem(await put(asked, "letters", PRESET, **{"If-None-Match": "*"}), 412, "precondition-failed")
        problem(await put(asked, "letters", PRESET, **{"If-None-Match": first}), 422, "invalid-parameter")
        assert (await asked.get("/presets/letters?as=source")).text == PRESET + "seed: 2\n"
        now = second.headers["etag"]
        assert (await asked.get("/presets/letters?as=source", headers={"If-None-Match": now})).status_code == 304
        assert (await asked.delete("/presets/letters", headers={"If-Match": now})).status_code == 204


async def test_of_many_who_change_the_same_version_at_once_one_is_right(tmp_path: Path) -> None:
    async with content(tmp_path) as asked:
        seen = (await put(asked, "letters", PRESET)).headers["etag"]
        answers: list[int] = []

        async def change(number: int) -> None:
            answers.append((await put(asked, "letters", f"{PRESET}seed: {number}\n", **{"If-Match": seen})).status_code)

        async with anyio.create_task_group() as group:
            for number in range(8):
                group.start_soon(change, number)
        assert sorted(answers) == [200, *[412] * 7]


async def test_a_new_one_takes_no_name_that_is_taken(tmp_path: Path) -> None:
    async with content(tmp_path) as asked:
        await asked.post("/presets", content=PRESET, headers=YAML)
        problem(await asked.post("/presets", content=PRESET, headers=YAML), 409, "already-exists")
        capitals = PRESET.replace("name: letters", "name: Letters")
        problem(await asked.post("/presets", content=capitals, headers=YAML), 409, "already-exists")
        assert "name" in problem(await asked.post("/presets", content="seed: 1", headers=YAML), 422, "invalid-config")


async def test_what_ships_with_the_program_cannot_be_changed_and_the_way_out_is_named(tmp_path: Path) -> None:
    async with content(tmp_path) as asked:
        demo = PRESET.replace("name: letters", "name: demo")
        for answer in (
            await put(asked, "demo", demo),
            await asked.post("/presets", content=demo, headers=YAML),
            await asked.delete("/presets/demo"),
        ):
            problem(answer, 409, "built-in")
            assert "extends: demo" in answer.json()["detail"]
        shown = await put(asked, "mine", "extends: demo\nlimits: {concurrency: 1}\n")
        assert (shown.status_code, shown.json()["planned_calls"]) == (201, 6)


async def test_what_was_read_can_be_kept_under_another_name_and_is_called_so(tmp_path: Path) -> None:
    async with content(tmp_path) as asked:
        demo = (await asked.get("/presets/demo")).json()
        assert demo["name"] == "demo"
        assert (await asked.put("/presets/mine", json=demo)).status_code == 201
        assert (await asked.get("/presets/mine")).json() == {**demo, "name": "mine"}


@pytest.mark.parametrize(
    "name",
    [
        "..%2Fletters",
        "%2e%2e%2Fletters",
        "%2Fetc%2Fpasswd",
        ".hidden",
        "a%20b",
        "a%00b",
        "%C3%A4",
        "x" * 65,
        "a.yaml",
        "a%5Cb",
    ],
)
async def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "letters.yaml").write_text(PRESET)
    async with content(tmp_path) as asked:
        for answer in (
            await asked.put(f"/presets/{name}", content=PRESET, headers=YAML),
            await asked.get(f"/presets/{name}"),
            await asked.get(f"/presets/{name}?as=source"),
            await asked.delete(f"/presets/{name}"),
            await asked.put(f"/library/documents/{name}", json={"text": "x"}),
            await asked.get(f"/library/documents/{name}"),
            await asked.delete(f"/library/documents/{name}"),
        ):
            assert answer.status_code in {404, 405, 422}, answer.text
    assert os.listdir(tmp_path) == ["letters.yaml"]  # noqa: PTH208  (a look at a folder of this test)


async def test_all_mistakes_come_at_once_and_nothing_is_kept(tmp_path: Path) -> None:
    async with content(tmp_path) as asked:
        wrong = """
name: 7
documents: [/etc/hostname, gone.md, 'library:none']
generation: {instructions: 'library:none', models: [{provider: local, model: smollm2-135m, temprature: 1}]}
single_eval: {criteria: none.yaml, judges: [{provider: local, model: smollm2-135m}], trails: 2}
limit: {}
"""
        found = problem(await put(asked, "letters", wrong), 422, "invalid-config")
        assert set(found) >= {
            "name",
            "documents[0]",
            "documents[2]",
            "generation.instructions",
            "generation.models[0].temprature",
            "single_eval.criteria",
            "single_eval.trails",
            "limit",
        }
        assert "gone.md" in json.dumps(found)
        assert "did you mean limits?" in found["limit"]
        problem(await put(asked, "letters", "a: [", **YAML), 400, "not-json")
        problem(await put(asked, "letters", "[]"), 422, "invalid-config")
        assert not (tmp_path / "presets").exists()


async def test_a_broken_preset_is_listed_with_its_mistakes_and_can_be_mended(tmp_path: Path) -> None:
    async with content(tmp_path) as asked:
        await put(asked, "base", PRESET.replace("name: letters", "name: base"))
        await put(asked, "variant", "extends: base\ndescription: Another.\n")
        await asked.delete("/presets/base")
        (tmp_path / "presets" / "noise.yaml").write_bytes(b"\xff\xfe")
        (tmp_path / "presets" / "folder.yaml").mkdir()
        (tmp_path / "presets" / "nowhere.yaml").symlink_to(tmp_path / "nowhere")
        (tmp_path / "presets" / "deep.yaml").write_text("[" * 100_000)
        (tmp_path / "presets" / "huge.yaml").touch()
        os.truncate(tmp_path / "presets" / "huge.yaml", 2**40)
        os.mkfifo(tmp_path / "presets" / "pipe.json")
        (tmp_path / "presets" / ".base.yaml.77.new").write_text(PRESET)
        listed = {item["name"]: item for item in (await asked.get("/presets")).json()["presets"]}
        assert set(listed) >= {"variant", "noise", "demo"}
        assert not {"base", ".base.yaml.77"} & set(listed)
        assert listed["variant"]["description"] == "Another."
        assert [mistake["path"] for mistake in listed["variant"]["mistakes"]] == ["extends"]
        assert "demo" in listed["variant"]["mistakes"][0]["message"]
        assert "not UTF-8" in listed["noise"]["mistakes"][0]["message"]
        assert "planned_calls" not in listed["variant"]
        for name, words in {
            "folder": "is no file",
            "nowhere": "No such file",
            "deep": "nested deeper",
            "huge": "at most",
            "pipe": "is no file",
        }.items():
            assert words in listed[name]["mistakes"][0]["message"]
        # Somebody's folder stays; what is no folder can be replaced and deleted.
        problem(await put(asked, "folder", PRESET), 409, "already-exists")
        problem(await asked.delete("/presets/folder"), 409, "already-exists")
        assert (await put(asked, "huge", PRESET.replace("name: letters", "name: huge"))).status_code == 200
        assert (await asked.delete("/presets/pipe")).status_code == 204
        problem(await asked.get("/presets/variant"), 422, "invalid-config")
        assert (await asked.get("/presets/variant?as=source")).status_code == 200
        assert (await put(asked, "variant", "extends: demo\n")).json()["mistakes"] == []


async def test_a_preset_over_http_names_files_below_the_two_folders_only(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "letter.md").write_text("Dear all.")
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / ".env").write_text("KEY=secret")
    (tmp_path / "presets" / "link.md").symlink_to(tmp_path / "secret.md")
    async with content(tmp_path, documents=documents) as asked:
        for name in (
            "../secret.md",
            str(tmp_path / "secret.md"),
            ".env",
            "link.md",
            "./.env",
            ".*",
            "*.md/../../secret.md",
        ):
            text = PRESET.replace("[{id: one, text: Dear all.}]", json.dumps([name]))
            found = problem(await put(asked, "letters", text), 422, "invalid-config")
            assert "secret" not in json.dumps(found).replace("secret.md", "")
        text = PRESET.replace("[{id: one, text: Dear all.}]", "[letter.md]")
        assert (await put(asked, "letters", text)).status_code == 201
        assert (await asked.get("/presets/letters")).json()["documents"] == [{"id": "letter", "text": "Dear all."}]


async def test_a_foreign_page_changes_nothing_and_only_json_and_yaml_are_taken(tmp_path: Path) -> None:
    async with content(tmp_path) as asked:
        await put(asked, "letters", PRESET)
        await asked.put("/library/documents/letter", json={"text": "Dear all."})
        changing = (("POST", "/presets"), ("PUT", "/presets/letters"), ("PUT", "/library/documents/letter"))
        deleting = (("DELETE", "/presets/letters"), ("DELETE", "/library/documents/letter"))
        for method, path in changing + deleting:
            for origin in ("https://evil.example", "null", "http://127.0.0.1:8002@evil.example"):
                answer = await asked.request(method, path, content=PRESET, headers=YAML | {"Origin": origin})
                problem(answer, 403, "forbidden")
                asks_first = {"Origin": origin, "Access-Control-Request-Method": method}
                problem(await asked.request("OPTIONS", path, headers=asks_first), 403, "forbidden")
            problem(await asked.request(method, path, headers={"Host": "rebound.example"}), 403, "forbidden")
        for method, path in changing:
            for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/markdown"):
                answer = await asked.request(method, path, content=PRESET, headers={"Content-Type": kind})
                problem(answer, 415, "unsupported-type")
            problem(await asked.request(method, path, content=PRESET.encode()), 415, "unsupported-type")
        assert (await asked.get("/presets/letters?as=source")).text == PRESET
        assert (await asked.get("/library/documents/letter")).json()["text"] == "Dear all."


async def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "presets").write_text("in the way")
    async with content(tmp_path) as asked:
        answer = await put(asked, "letters", PRESET)
        problem(answer, 503, "unavailable")
        assert "cannot be written" in answer.json()["detail"]
        assert (await asked.get("/presets")).status_code == 200


async def test_a_circle_is_refused_before_it_is_kept(tmp_path: Path) -> None:
    async with content(tmp_path) as asked:
        await put(asked, "base", PRESET.replace("name: letters", "name: base"))
        await put(asked, "variant", "extends: base\n")
        found = problem(await put(asked, "base", "extends: variant\n"), 422, "invalid-config")
        assert found["extends"] == "goes in a circle: base -> variant -> base"
        assert (await asked.get("/presets/variant")).status_code == 200
        found = problem(await put(asked, "own", "extends: own\n"), 422, "invalid-config")
        assert found["extends"] == "goes in a circle: own -> own"


def references(shape: Any) -> Iterator[str]:
    if isinstance(shape, dict):
        if isinstance(shape.get("$ref"), str):
            yield shape["$ref"]
        for value in shape.values():
            yield from references(value)
    elif isinstance(shape, list):
        for value in shape:
            yield from references(value)


@pytest.mark.parametrize("document", [openapi("x"), preset_schema()], ids=["openapi", "schema"])
def test_every_reference_in_a_description_leads_somewhere(document: Any) -> None:
    found = set(references(document))
    assert found
    for reference in found:
        place = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_the_description_names_every_route_about_presets_and_the_library() -> None:
    described = openapi("x")["paths"]
    assert {
        path: set(described[path]) for path in (paths.PRESETS, paths.PRESET, paths.LIBRARY, paths.LIBRARY_ITEM)
    } == {
        paths.PRESETS: {"get", "post"},
        paths.PRESET: {"get", "put", "delete"},
        paths.LIBRARY: {"get"},
        paths.LIBRARY_ITEM: {"get", "put", "delete"},
    }
    body = described[paths.PRESET]["put"]["requestBody"]["content"]["application/yaml"]["schema"]
    assert body == {"$ref": "#/components/schemas/PresetFile"}
    assert "If-Match" in [parameter["name"] for parameter in described[paths.PRESET]["put"]["parameters"]]


async def test_editors_get_a_schema_of_presets_as_people_write_them(tmp_path: Path) -> None:
    async with content(tmp_path) as asked:
        schema = (await asked.get("/schemas/preset.json")).json()
        assert "extends" in schema["properties"]
        kinds = [choice.get("type") for choice in schema["properties"]["documents"]["items"]["anyOf"]]
        assert "string" in kinds
        assert "required" not in schema
