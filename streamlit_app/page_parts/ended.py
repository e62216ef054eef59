"""Has the browser told of each part that its drawing has ended, so that what is gone goes away.

What a part no longer draws stays on the page until the browser hears that the drawing ended well.
Where another part's drawing begins before that was sent, Streamlit calls the first one cut short,
and nothing is taken away: a mark that was removed stays in its list until the next drawing, or for
as long as the two follow each other. So what was sent of the parts that are not drawn again holds.
"""

from typing import Final

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

_WELL: Final = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY


def tell_of_each() -> None:
    """Mend Streamlit's queue of what is to be sent to a browser, for the whole process."""
    clear = ForwardMsgQueue.clear

    def clear_but_ends(
        self: ForwardMsgQueue,
        retain_lifecycle_msgs: bool = False,
        fragment_ids_this_run: list[str] | None = None,
    ) -> None:
        begun = fragment_ids_this_run
        ended = [] if begun is None else _ended_for_good(self, begun)
        clear(self, retain_lifecycle_msgs, begun)
        for message, parts in ended:
            message.script_finished = _WELL
            message.metadata.run.fragment_ids[:] = parts

    ForwardMsgQueue.clear = clear_but_ends  # type: ignore[method-assign]


def _ended_for_good(queue: ForwardMsgQueue, begun: list[str]) -> list[tuple[ForwardMsg, list[str]]]:
    """Return what says that parts were drawn, with those of them that are not drawn again now."""
    ended = []
    for message in queue._queue:  # noqa: SLF001 - nothing else tells what waits in it
        if message.WhichOneof("type") == "script_finished" and message.script_finished == _WELL:
            parts = [each for each in message.metadata.run.fragment_ids if each not in begun]
            if parts:
                ended.append((message, parts))
    return ended
