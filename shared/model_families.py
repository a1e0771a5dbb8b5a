"""What a model's name says about it: which settings its family takes, and in which form.

Each provider changed what its models take with certain versions. A name that is not understood says nothing, and
nothing is refused because of it: the provider itself decides then.
"""

import re
from typing import NamedTuple

Version = tuple[int, int]

_GPT = re.compile(r"gpt-(\d)(?:\.(\d+))?(-.+)?")
_O_SERIES = re.compile(r"o[134](-.+)?")
_CLAUDE = re.compile(r"claude-(opus|sonnet|haiku|fable|mythos)-(\d{1,2})(?:-(\d{1,2}))?(?:[-@].*)?")
_OLD_CLAUDE = re.compile(r"claude-(\d)(?:[-.](\d))?(?:-.*)?")
_GEMINI = re.compile(r"gemini-(\d+)(?:\.(\d+))?(?:-(.+))?")

_LOW_TO_HIGH = frozenset({"low", "medium", "high"})


class OpenAiModel(NamedTuple):
    """One of OpenAI's own models."""

    reasons: bool
    efforts: frozenset[str] | None
    """The reasoning efforts it takes; ``None`` where they are not known here."""

    sampled_without_reasoning: bool = False
    """Whether it takes temperature and top_p as long as it does not reason."""


class ClaudeModel(NamedTuple):
    """One of Anthropic's models."""

    line: str
    version: Version

    @property
    def takes_sampling(self) -> bool:
        """Whether temperature and top_p are taken at all."""
        return self.version < (4, 7)

    @property
    def takes_one_sampler(self) -> bool:
        """Whether temperature and top_p exclude each other."""
        return self.version >= (4, 1)

    @property
    def takes_effort(self) -> bool:
        """Whether ``output_config.effort`` is known to it."""
        if self.version == (4, 5):
            return self.line == "opus"
        return self.version >= (4, 6)

    @property
    def thinks_by_itself(self) -> bool:
        """Whether it decides how much to think (``thinking: adaptive``)."""
        return self.version >= (4, 6)

    @property
    def can_stop_thinking(self) -> bool:
        """Whether thinking can be turned off."""
        return self.line not in ("fable", "mythos")

    @property
    def holds_to_schema(self) -> bool:
        """Whether its text can be held to a JSON schema; older models are made to call a tool with one."""
        return self.version >= (4, 5)

    @property
    def default_max_tokens(self) -> int:
        """A limit it takes, for requests without one: its interface demands one."""
        return 4_096 if self.version < (3, 7) else 16_384


class GeminiModel(NamedTuple):
    """One of Google's models."""

    version: Version
    variant: str

    @property
    def efforts(self) -> frozenset[str]:
        """The reasoning efforts it can be told."""
        if self.version >= (3, 0):
            # The Pro models cannot think less than a little, and neither can Flash from 3.7 on.
            least = "pro" in self.variant or (self.version >= (3, 7) and "lite" not in self.variant)
            return _LOW_TO_HIGH if least else _LOW_TO_HIGH | {"minimal"}
        if self.version < (2, 5):
            return frozenset({"none"})
        return _LOW_TO_HIGH | ({"minimal"} if "pro" in self.variant else {"minimal", "none"})

    @property
    def thinks_in_levels(self) -> bool:
        """Whether it is told a level; those before are told a number of tokens."""
        return self.version >= (3, 0)


def openai_model(name: str) -> OpenAiModel | None:
    """What is known of a model of that name; ``None`` for one that is not understood."""
    # A gateway puts the name of the maker before it.
    name = name.rpartition("/")[2]
    if _O_SERIES.fullmatch(name):
        return OpenAiModel(reasons=True, efforts=_LOW_TO_HIGH)
    found = _GPT.fullmatch(name)
    if found is None:
        return None
    major, minor, rest = int(found[1]), int(found[2] or 0), found[3] or ""
    if major < 5:
        return OpenAiModel(reasons=False, efforts=frozenset())
    if "chat" in rest or "oss" in rest:
        return None
    if (major, minor) == (5, 0):
        return OpenAiModel(reasons=True, efforts=None if "pro" in rest else _LOW_TO_HIGH | {"minimal"})
    fixed = "pro" in rest or "codex" in rest
    if (major, minor) == (5, 1):
        return OpenAiModel(
            reasons=True, efforts=None if fixed else _LOW_TO_HIGH | {"none"}, sampled_without_reasoning=not fixed
        )
    return OpenAiModel(
        reasons=True, efforts=None if fixed else _LOW_TO_HIGH | {"none", "xhigh"}, sampled_without_reasoning=not fixed
    )


def claude_model(name: str) -> ClaudeModel | None:
    """What is known of a model of that name; ``None`` for one that is not understood."""
    found = _CLAUDE.fullmatch(name)
    if found is not None:
        return ClaudeModel(found[1], (int(found[2]), int(found[3] or 0)))
    if name == "claude-mythos-preview":
        return ClaudeModel("mythos", (5, 0))
    found = _OLD_CLAUDE.fullmatch(name)
    return None if found is None else ClaudeModel("", (int(found[1]), int(found[2] or 0)))


def gemini_model(name: str) -> GeminiModel | None:
    """What is known of a model of that name; ``None`` for one that is not understood."""
    found = _GEMINI.fullmatch(name.removeprefix("models/"))
    return None if found is None else GeminiModel((int(found[1]), int(found[2] or 0)), found[3] or "")
