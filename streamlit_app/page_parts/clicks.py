"""Has a click done also where its page is left before the click's turn comes.

A click waits while its page is being drawn. Who then goes on - by a link, Back, or another choice
above the page - ends that drawing, and Streamlit forgets with it what waited: "Going" is never
told, a note never kept, and nobody hears of it. Here the click goes along with what comes next, or,
where the tab closes, is done once the drawing has ended.
"""

from typing import Final

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType

# What parts of the page tell by themselves, as the live list that numbers moved: of no page's use
# but their own.
_TOLD_BY_ITSELF: Final = "json_trigger_value"


def lose_none() -> None:
    """Mend how Streamlit ends a drawing, for the whole process."""
    request_rerun = AppSession.request_rerun
    request_script_stop = AppSession.request_script_stop

    def rerun_with_click(self: AppSession, client_state: ClientState | None) -> None:
        if client_state and not client_state.fragment_id and self._scriptrunner:
            waited = _taken_from(self._scriptrunner)
            client_state.widget_states.widgets.extend(
                _to_carry(self, waited, client_state.widget_states)
            )
        request_rerun(self, client_state)

    def stop_after_click(self: AppSession) -> None:
        if not (self._scriptrunner and _has_click_waiting(self._scriptrunner)):
            request_script_stop(self)

    AppSession.request_rerun = rerun_with_click  # type: ignore[method-assign]
    AppSession.request_script_stop = stop_after_click  # type: ignore[method-assign]


def _taken_from(runner: ScriptRunner) -> WidgetStates:
    """Return what came with a click that waits; the runner, which is to end, does it no more."""
    requests = runner._requests  # noqa: SLF001 - nothing else tells what waits
    with requests._lock:  # noqa: SLF001 - or its turn comes meanwhile, and it is done twice
        if not _waits(runner):
            return WidgetStates()
        requests._state = ScriptRequestType.STOP  # noqa: SLF001
        return requests._rerun_data.widget_states or WidgetStates()  # noqa: SLF001


def _has_click_waiting(runner: ScriptRunner) -> bool:
    with runner._requests._lock:  # noqa: SLF001
        return _waits(runner)


def _waits(runner: ScriptRunner) -> bool:
    requests = runner._requests  # noqa: SLF001
    states = requests._rerun_data.widget_states  # noqa: SLF001
    is_waiting = requests._state is ScriptRequestType.RERUN  # noqa: SLF001
    return is_waiting and any(map(_is_click, states.widgets if states else ()))


def _is_click(state: WidgetState) -> bool:
    return state.WhichOneof("value") == "trigger_value" and state.trigger_value


def _to_carry(session: AppSession, waited: WidgetStates, now: WidgetStates) -> list[WidgetState]:
    """Return the click and what was typed for it, without choices about the page that is left."""
    newer = {each.id for each in now.widgets}
    known = session._session_state._new_widget_state.widget_metadata  # noqa: SLF001

    def is_followed(state: WidgetState) -> bool:
        metadata = known.get(state.id)
        return metadata is None or bool(metadata.callback or metadata.callbacks)

    return [
        each
        for each in waited.widgets
        if each.id not in newer
        and each.WhichOneof("value") != _TOLD_BY_ITSELF
        and (_is_click(each) or not is_followed(each))
    ]
