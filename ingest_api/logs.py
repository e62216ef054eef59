"""How every process of ours writes its log: to standard error, as text or as JSON lines."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import Field

from ingest_api.request_ids import request_id
from ingest_api.settings import Settings

#: What a log line may say of beside its message, by the record's attribute.
_FIELDS: Final = ("request_id", "event_id", "position", "store")
_OURS: Final = ("ingest_api", "flows", "analytics", "streamlit_app")
#: What tells of each address that is asked, and an address can hold a token or a name.
_TALKATIVE: Final = ("httpx", "httpcore", "uvicorn.error")
#: A token of ours or of a provider, after a word that says so, and a password in an address.
_WORDS: Final = "bearer|token|secret|password|code|authorization"
_SECRETS: Final = (
    (re.compile(r"\beyJ[\w-]*\.[\w-]+\.[\w-]*"), "[token]"),
    (re.compile(rf"(?i)\b({_WORDS})([=:]\s*|[. ])[\w.~+/=-]{{16,}}"), r"\1\2[secret]"),
    (re.compile(r"(\w+://[^\s:/@]*):[^\s/@]+@"), r"\1:[password]@"),
)


class LoggingSettings(Settings):
    """In which form a process logs, and how much."""

    form: Annotated[Literal["text", "json"], Field(alias="CELLPULSE_LOG_FORMAT")] = "text"
    level: Annotated[Literal["info", "debug"], Field(alias="CELLPULSE_LOG_LEVEL")] = "info"


def without_secrets(text: str) -> str:
    """Return a text with tokens and passwords replaced, wherever they come from."""
    for secret, instead in _SECRETS:
        text = secret.sub(instead, text)
    return text


class TextFormatter(logging.Formatter):
    """One line a record for people, with what it is about in brackets."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Return the line without a traceback."""
        told = " ".join(f"{name}={value}" for name, value in _about(record).items())
        line = super().formatMessage(record)
        return f"{line} [{told}]" if told else line

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the traceback after it."""
        return without_secrets(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for whatever collects logs."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
            **_about(record),
        }
        if record.exc_info:
            line["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def start_logging(process: str) -> None:
    """Log as the settings say, from here on; a process calls it once, at its start.

    Raises:
        BadSettingError: The form or the level is not known.
    """
    settings = LoggingSettings.load()
    form = JsonFormatter(process) if settings.form == "json" else TextFormatter()
    handler = logging.StreamHandler()
    handler.setFormatter(form)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in [name for name in logging.root.manager.loggerDict if name.startswith("streamlit")]:
        _follow_root(logging.getLogger(name))
    # Of our own alone: what others say at this level nobody has read for secrets.
    for name in _OURS:
        logging.getLogger(name).setLevel(settings.level.upper())


def _follow_root(logger: logging.Logger) -> None:
    """Have a logger that brought a handler of its own say the same as all others do."""
    if logger.handlers:
        logger.handlers.clear()
        logger.propagate = True


def _about(record: logging.LogRecord) -> dict[str, str]:
    found = {name: str(getattr(record, name, "") or "") for name in _FIELDS}
    found["request_id"] = found["request_id"] or request_id.get()
    return {name: value for name, value in found.items() if value}
