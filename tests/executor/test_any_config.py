"""Whatever a config or preset names, it is read or refused with its mistakes; nothing else happens."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.executor.adapters.content.library import Library
from services.executor.adapters.content.presets import PresetFolders
from services.executor.core.presets.criteria_list import criteria_mistakes
from services.executor.core.presets.existing_documents import source_mistakes, source_of
from services.executor.core.presets.mistakes import InvalidPreset
from services.executor.flows.before.prepare import Preparer
from shared.strict_json import dumps
from tests.executor.configs import no_list
from tests.executor.content import PRESET

SECRET = "SECRET-0815"
WORDS = st.sampled_from(
    [
        "demo", "letters", "letter.md", "*.md", "**", "**x", "[", "[!]", "?", "../secret.md", "/etc/hostname", ".env", "~", "",
        "library:", "library:letter", "library:../secret", "library:*", "./letters.yaml", "x/../../secret.md", "a\0b", "\ud7ff",
        "x" * 5000, "/" * 300, "link.md", "loop.md", "folder", ".", "..", "letters.yaml", "secret.md",
    ]
)  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "text", "criteria", "name", "description", "instructions", "models", "judges", "extends"]
            ),
            below,
            max_size=3,
        )
    ),
    max_leaves=8,
)
CONFIGS = st.dictionaries(
    st.sampled_from(
        [
            "extends",
            "documents",
            "generation",
            "single_eval",
            "pairwise_eval",
            "combine",
            "name",
            "limits",
            "seed",
            "odd",
        ]
    ),
    VALUES,
    max_size=5,
)


@pytest.fixture(scope="module")
def presets(tmp_path_factory: pytest.TempPathFactory) -> PresetFolders:
    folder = tmp_path_factory.mktemp("any")
    own, documents = folder / "presets", folder / "documents"
    for made in (own, documents / "folder", folder / "library" / "documents"):
        made.mkdir(parents=True)
    for secret in (folder / "secret.md", own / ".env", documents / ".env", folder / "library" / "secret.md"):
        secret.write_text(SECRET)
    (own / "letters.yaml").write_text(PRESET)
    (documents / "letter.md").write_text("Dear all.")
    (documents / "link.md").symlink_to(folder / "secret.md")
    (documents / "loop.md").symlink_to(documents / "loop.md")
    (folder / "library" / "documents" / "letter.md").write_text("Dear all.")
    return PresetFolders(own, documents, Library(folder / "library"))


def outcome(prepare: Any) -> str:
    """Everything that is shown of it."""
    try:
        return str(prepare())
    except InvalidPreset as error:
        if not error.mistakes:
            raise ValueError("refused without a reason") from error
        return str([mistake.shown() for mistake in error.mistakes])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(config=CONFIGS, overrides=CONFIGS)
def test_any_config_is_prepared_or_refused_and_no_secret_is_read(
    presets: PresetFolders, config: dict[str, Any], overrides: dict[str, Any]
) -> None:
    preparer = Preparer(presets=presets, price_of=no_list, environ={})
    assert SECRET not in outcome(lambda: preparer.prepare({"config": config, "overrides": overrides}))
    assert SECRET not in outcome(lambda: preparer.prepare({"preset": "letters", "overrides": overrides}))
    assert SECRET not in outcome(lambda: presets.inline(config))
    assert SECRET not in outcome(lambda: presets.as_kept("mine", dumps(config), ".json"))


@settings(deadline=None)
@given(value=VALUES)
def test_any_value_is_a_list_of_criteria_or_refused(value: Any) -> None:
    for mistake in criteria_mistakes(value):
        assert mistake.path.startswith("criteria")


@given(value=VALUES | st.dictionaries(st.sampled_from(["run", "documents", "odd"]), VALUES, max_size=3))
def test_any_value_names_documents_of_a_run_or_is_refused(value: Any) -> None:
    assert (source_of({"documents_from": value}) is None) == bool(value is None or source_mistakes(value))
