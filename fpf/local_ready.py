"""The line a model server writes when it can be asked."""

import msgspec


class ServerReady(msgspec.Struct, frozen=True):
    """``base_url`` is what the provider ``local`` is to be given."""

    base_url: str
    model: str
    pid: int
