"""What the browser hears of parts that were drawn, by Streamlit's own queue."""

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from streamlit_app.page_parts import ended

WELL = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
CUT_SHORT = ForwardMsg.FINISHED_EARLY_FOR_RERUN


@pytest.fixture(autouse=True)
def _mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForwardMsgQueue, "clear", ForwardMsgQueue.clear)  # as it was, afterwards
    ended.tell_of_each()


def _has_ended(queue: ForwardMsgQueue, *parts: str, how: int = WELL) -> None:
    message = ForwardMsg()
    message.metadata.run.script_run_id = "run"
    message.metadata.run.fragment_ids.extend(parts)
    message.script_finished = how  # type: ignore[assignment]
    queue.enqueue(message)


def _told(queue: ForwardMsgQueue) -> list[tuple[int, list[str]]]:
    return [(m.script_finished, list(m.metadata.run.fragment_ids)) for m in queue.flush()]


def test_another_part_that_follows_at_once_does_not_undo_the_end_of_one() -> None:
    queue = ForwardMsgQueue()
    _has_ended(queue, "marks")
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["map"])
    assert _told(queue) == [(WELL, ["marks"])]


def test_of_two_parts_the_one_that_is_not_drawn_again_has_ended() -> None:
    queue = ForwardMsgQueue()
    _has_ended(queue, "map", "marks")
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["map"])
    _has_ended(queue, "map")
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["feed"])
    assert _told(queue) == [(WELL, ["marks"]), (WELL, ["map"])]


@pytest.mark.parametrize("begun", [["marks"], None])
def test_a_part_that_is_drawn_again_was_cut_short(begun: list[str] | None) -> None:
    """By itself, or with the whole page: half of what it drew may never have been sent."""
    queue = ForwardMsgQueue()
    _has_ended(queue, "marks")
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=begun)
    assert _told(queue) == [(CUT_SHORT, ["marks"])]


def test_a_part_that_was_cut_short_stays_so() -> None:
    queue = ForwardMsgQueue()
    _has_ended(queue, "marks", how=CUT_SHORT)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["map"])
    assert _told(queue) == [(CUT_SHORT, ["marks"])]
