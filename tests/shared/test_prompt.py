"""The prompt: instructions, a blank line, the document; never a prompt without its document."""

from shared.prompt import compose
from tests.fpf.builders import a_request

SCHEMA = {"type": "object", "properties": {"winner": {"type": "string"}}}


def test_instructions_stand_before_the_document_with_one_blank_line_between() -> None:
    assert compose(a_request(instructions="Do it.\n\n", document="Text.\n")) == "Do it.\n\nText.\n"


def test_a_template_decides_where_both_go() -> None:
    request = a_request(
        instructions="Do it.", document="Text.", template="<{{document}}> {{instructions}} again: {{document}}"
    )
    assert compose(request) == "<Text.> Do it. again: Text."


def test_a_document_that_speaks_of_placeholders_is_left_alone() -> None:
    request = a_request(instructions="I", document="see {{instructions}}", template="{{instructions}}: {{document}}")
    assert compose(request) == "I: see {{instructions}}"


def test_a_schema_the_provider_enforces_adds_nothing_to_the_prompt() -> None:
    assert compose(a_request(json=True, json_schema=SCHEMA)) == "Summarise it.\n\nRivers carry water."


def test_the_any_object_mode_speaks_of_json_because_providers_insist() -> None:
    assert "JSON" in compose(a_request(json=True, json_mode="object"))
    spoken = a_request(json=True, json_mode="object", instructions="Answer in json.")
    assert compose(spoken) == "Answer in json.\n\nRivers carry water."


def test_the_prompt_mode_carries_the_schema_in_the_prompt() -> None:
    text = compose(a_request(json=True, json_mode="prompt", json_schema=SCHEMA))
    assert text.startswith("Summarise it.\n\nRivers carry water.\n\n")
    assert text.endswith('{"type":"object","properties":{"winner":{"type":"string"}}}')
