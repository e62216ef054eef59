"""Messages for many dashboards, framed once."""

from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.protocol import State
from websockets.uri import parse_uri

from ingest_api.portion import Portion


def test_a_portion_is_the_frames_of_its_messages() -> None:
    """A client's parser gets each message back, whichever of the three length forms it needs."""
    texts = ["{}", "a" * 125, "b" * 126, "ü" * 32_767, "c" * 65_535, "d" * 65_536, ""]
    client = ClientProtocol(parse_uri("ws://dashboard/"), state=State.OPEN, max_size=None)
    client.receive_data(Portion([(None, text) for text in texts]).frames)
    received = client.events_received()
    assert [bytes(f.data).decode() for f in received if isinstance(f, Frame)] == texts


def test_what_was_sent_already_is_left_out() -> None:
    """After a replay only the events that follow it, and every signal, are sent."""
    portion = Portion([("9-1", "nine"), (None, "signal"), ("10-0", "ten"), ("10-1", "later")])
    assert portion.after((9, 0)) is portion
    assert [message for _, message in portion.after((10, 0)).messages] == ["signal", "later"]
    assert Portion([(None, "signal")]).after((10, 0)).messages == [(None, "signal")]
