"""A run goes for good: its log, its refused events; its viewers are told."""

from services.telemetry.errors import StoreError
from services.telemetry.flows.channel import Channel
from services.telemetry.flows.clock import Clock
from services.telemetry.flows.commit import Committer
from services.telemetry.flows.ports import Deletion
from shared.status import ACTIVE


async def delete_run(channel: Channel, committer: Committer, clock: Clock) -> bool:
    """Delete the run; False, and nothing done, while it is active. The channel must be pinned. Raises ``StoreError``."""
    while (waiting := committer.group_of(channel)) is not None:
        await waiting.done.wait()
    if channel.deleted:
        return True
    if channel.log.status in ACTIVE:
        return False
    # From here on no event is taken; should the store fail, it is as if nothing had been asked.
    channel.deleted = True
    group = committer.write(Deletion(channel.run_id, clock.stamp()[1]))
    await group.done.wait()
    if group.error is not None:
        channel.deleted = False
        raise StoreError(str(group.error)) from group.error
    channel.audience.deleted()
    return True
