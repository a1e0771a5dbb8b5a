"""Documents of an earlier run judged again as a new run: what they answer and who made them goes along."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.executor.core.presets.existing_documents import Source, as_new, chosen
from services.executor.core.presets.mistakes import InvalidPreset
from services.executor.core.presets.preset import Generator, MadeBy
from services.executor.core.ranking.ranking import generator_key
from services.executor.core.records import Document, DocumentKind
from tests.executor.configs import a_config
from tests.executor.content import problem
from tests.executor.service import client, finished

LAB = {"provider": "mylab", "model": "ok"}
OTHER = {**LAB, "temperature": 0.5}
CONFIG: dict[str, Any] = {
    "documents": [{"id": "doc", "size": 1}, {"id": "answer", "input": "doc", "generator": {**LAB, "settings": {}}}],
    "generation": {"models": [LAB, OTHER]},
    "combine": {"models": [LAB]},
}


def a_document(name: str, kind: DocumentKind = "generated", **more: Any) -> Document:
    return Document(run_id="r", document_id=name, kind=kind, input="doc", bytes=1, sha256="", **more)


@pytest.mark.e2e
async def test_a_runs_documents_are_judged_again_as_a_new_run(tmp_path: Path) -> None:
    async with client(tmp_path) as asked:
        config = a_config(docs=2, generation={"models": [LAB, OTHER]}, single_eval={"judges": [LAB]})
        config["limits"] = {"max_attempts": 1}
        first = (await asked.post("/runs", json={"config": config, "run_id": "first"})).json()["run_id"]
        await finished(asked, first)
        again = {"documents_from": {"run": "first"}}
        plan = (await asked.post("/plan", json=again)).json()
        assert [(phase["phase"], phase["planned_calls"]) for phase in plan["phases"]] == [("single_eval", 4)]
        assert "run first" in plan["warnings"][0]
        started = await asked.post("/runs", json={**again, "run_id": "second"})
        assert started.status_code == 201, started.text
        assert (await asked.post("/runs", json={**again, "run_id": "second"})).status_code == 200
        run = await finished(asked, "second")
        documents = run["config"]["documents"]
        assert len(documents) == 4
        assert {document["input"] for document in documents} == {"doc_1", "doc_2"}
        generators = [document["generator"] for document in documents]
        assert {json.dumps(generator["settings"]) for generator in generators} == {"{}", '{"temperature": 0.5}'}
        assert run["config"]["generation"] is None
        assert run["planned_calls"] == 4
        text = (await asked.get(f"/runs/second/documents/{documents[0]['id']}")).text
        assert text

        # The snapshot of a re-evaluation is enough for the next one, with another preset and fewer documents.
        chosen_ids = [documents[0]["id"], documents[1]["id"]]
        body: dict[str, Any] = {
            "documents_from": {"run": "second", "documents": chosen_ids},
            "config": {"documents": ["gone.md"], "single_eval": {"criteria": ["Depth"], "judges": [LAB], "trials": 2}},
            "overrides": {"limits": {"max_attempts": 1}},
        }
        assert (await asked.post("/plan", json=body)).json()["planned_calls"] == 4
        body["run_id"] = "third"
        assert (await asked.post("/runs", json=body)).status_code == 201
        third = await finished(asked, "third")
        listed = third["config"]["documents"]
        assert [document["generator"] for document in listed] == generators[:2]

        body = {"documents_from": {"run": "first", "documents": ["doc_1", "doc_1"]}}
        assert (await asked.post("/plan", json=body)).json()["planned_calls"] == 1

        # A preset's own documents are not looked for where others take their place.
        kept = "documents: [gone.md]\nsingle_eval: {criteria: [Depth], judges: [{provider: mylab, model: ok}]}\n"
        (tmp_path / "presets").mkdir()
        (tmp_path / "presets" / "judge.yaml").write_text(kept)
        assert (await asked.post("/plan", json={"preset": "judge", **again})).json()["planned_calls"] == 4
        problem(await asked.post("/plan", json={"preset": "judge"}), 422, "invalid-config")

        for wrong, where in (
            ({"run": "none"}, "documents_from.run"),
            ({"run": "a b"}, "documents_from.run"),
            ({}, "documents_from.run"),
            ("first", "documents_from"),
            ({"run": "first", "documents": []}, "documents_from.documents"),
            ({"run": "first", "documents": ["none"]}, "documents_from.documents[0]"),
            ({"run": "first", "documets": ["doc_1"]}, "documents_from.documets"),
        ):
            found = problem(await asked.post("/runs", json={"documents_from": wrong}), 422, "invalid-config")
            assert set(found) == {where}
        problem(await asked.post("/plan", json={}), 422, "invalid-config")


def test_what_a_run_made_is_meant_and_its_inputs_only_where_it_was_to_make_nothing() -> None:
    listed = [
        a_document("doc", "input"),
        a_document("doc~m~1", generator=0),
        a_document("both", "combined", generator=0),
    ]
    all_of_it = Source(run="r", documents=None)
    assert [one.document_id for one in chosen(all_of_it, listed, CONFIG)] == ["doc~m~1", "both"]
    with pytest.raises(InvalidPreset, match="has made no document"):
        chosen(all_of_it, listed[:1], CONFIG)
    assert chosen(all_of_it, listed[:1], {**CONFIG, "generation": None}) == listed[:1]
    assert chosen(Source(run="r", documents=["doc"]), listed, CONFIG) == listed[:1]


def test_each_document_takes_along_what_it_answers_and_who_made_it() -> None:
    listed = [
        a_document("doc", "input"),
        a_document("answer", "input"),
        a_document("doc~m~1", generator=1),
        a_document("doc~both", "combined", generator=0),
    ]
    new = as_new(listed, {one.document_id: "text" for one in listed}, CONFIG)
    assert new == [
        {"id": "doc", "text": "text"},
        {"id": "answer", "text": "text", "input": "doc", "generator": {**LAB, "settings": {}}},
        {"id": "doc.m.1", "text": "text", "input": "doc", "generator": {**LAB, "settings": {"temperature": 0.5}}},
        {"id": "doc.both", "text": "text", "input": "doc", "generator": {**LAB, "settings": {}}},
    ]


def test_a_research_that_is_judged_again_is_by_the_same_generator() -> None:
    model = {**LAB, "kind": "gpt_researcher", "report_type": "outline_report", "temperature": 0.5}
    config = {"generation": {"models": [{**model, "json": "schema", "max_requests": 5}]}}
    (again,) = as_new([a_document("doc~m~1", generator=0)], {"doc~m~1": "text"}, config)
    shown = MadeBy.model_validate(again["generator"]).shown()
    assert shown == Generator.model_validate(model).shown()
    assert generator_key(shown) == generator_key(Generator.model_validate(model).shown())


def test_new_ids_are_ids_a_preset_may_have_and_two_stay_two() -> None:
    names = ["a~b", "a.b", "x" * 150, "x" * 149 + "y", "c~d"]
    new = as_new([a_document(name, generator=0) for name in names], dict.fromkeys(names, "t"), CONFIG)
    ids = [item["id"] for item in new]
    assert len(set(ids)) == len(names)
    assert max(map(len, ids)) <= 100
    assert ids[-1] == "c.d"
    assert not any("~" in name for name in ids)
