"""Documents of an earlier run, read for a new one that judges them again."""

import json
from typing import Any

from services.executor.core.presets.existing_documents import DOCUMENTS_FROM, LEFT_OUT, Found, as_new, chosen, source_of
from services.executor.core.presets.mistakes import InvalidPreset, Mistake
from services.executor.flows.ports import Reader
from shared.limits import MAX_EXECUTOR_BODY_BYTES


async def earlier_documents(request: Any, reader: Reader) -> Found | None:
    """What ``documents_from`` of a request means; None where it is not said, or not so that it could be looked up.

    Raises ``InvalidPreset`` where there is no such run or document, or they are too large together.
    """
    source = source_of(request)
    if source is None:
        return None
    stored = await reader.run(source.run)
    if stored is None:
        raise InvalidPreset([Mistake(f"{DOCUMENTS_FROM}.run", f"no run {source.run}; GET /runs lists those there are")])
    config: dict[str, Any] = json.loads(stored.config)
    documents = chosen(source, await reader.documents(source.run), config)
    size_bytes = sum(document.bytes for document in documents)
    if size_bytes > MAX_EXECUTOR_BODY_BYTES:
        message = (
            f"{len(documents)} documents have {size_bytes} bytes; {MAX_EXECUTOR_BODY_BYTES} fit into a run: name some"
        )
        raise InvalidPreset([Mistake(f"{DOCUMENTS_FROM}.documents", message)])
    texts = await reader.texts(source.run, [document.document_id for document in documents])
    return Found(
        run=source.run,
        documents=as_new(documents, texts, config),
        config={key: value for key, value in config.items() if key not in LEFT_OUT},
    )
