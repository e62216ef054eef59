"""Settings of the ingest, and the base that every package's settings share."""

import os
from pathlib import Path
from typing import Annotated, Any, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingest_api.faults import fault_words
from ingest_api.foreseen import ForeseenError

_PROJECT = Path(__file__).resolve().parent.parent


#: In the data folder, as long as a `cellpulse up` runs on it: where everything is.
RUN_FILE: Final = "run.env"
#: Settings with such a name hold a secret, or can; so can an address before its @.
_NEVER_SHOWN: Final = ("SECRET", "KEY", "PASSWORD", "URL", "ENDPOINT")


class BadSettingError(ForeseenError):
    """A setting is wrong; the message is one line that names it and says what is right."""


def data_dir() -> Path:
    """Return the data folder: `CELLPULSE_DATA_DIR`, else `.cellpulse` in the project."""
    named = os.environ.get("CELLPULSE_DATA_DIR")
    if named:
        return Path(named).expanduser().resolve()
    in_project = (_PROJECT / "pyproject.toml").is_file()
    return (_PROJECT if in_project else Path.cwd()) / ".cellpulse"


class Settings(BaseSettings):
    """Base: values come from the environment, then from a running `cellpulse up`.

    `up` writes the addresses that it chose to `run.env` in the data folder, and keeps the secret
    beside it, so that commands and notebooks on the same machine find it without being told.
    """

    model_config = SettingsConfigDict(
        frozen=True, env_ignore_empty=True, extra="ignore", populate_by_name=True
    )

    @classmethod
    def load(cls, **given: Any) -> Self:
        """Read and check all settings.

        Raises:
            BadSettingError: A value is missing or wrong.
        """
        folder = data_dir()
        secrets = folder if folder.is_dir() else None
        try:
            return cls(_env_file=folder / RUN_FILE, _secrets_dir=secrets, **given)
        except ValidationError as error:
            raise BadSettingError(_one_line(error, folder)) from error


def _one_line(error: ValidationError, folder: Path) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return f"{name} is not set, and no 'cellpulse up' runs on the data folder {folder}"
    hidden = any(word in name for word in _NEVER_SHOWN) or "@" in str(first["input"])
    shown = "" if hidden else f" is {first['input']!r}"
    return f"{name}{shown}: {_said(first)}"


def _said(fault: Any) -> str:
    if fault["type"] == "too_short":  # of a secret pydantic counts "items"
        return f"must have at least {fault['ctx']['min_length']} characters"
    return fault_words(fault)


def _check_address(value: str) -> str:
    try:
        _ = urlsplit(value).port
    except ValueError as error:
        raise ValueError(
            f"{error}: must be scheme://host:port, with a port from 0 to 65535 and an IPv6 host "
            "in brackets"
        ) from error
    return value


def _check_http_address(value: str) -> str:
    scheme, _, rest = value.partition("://")
    if scheme not in ("http", "https") or not rest.strip("/"):
        raise ValueError("must be an address such as http://127.0.0.1:8000")
    return value.rstrip("/")


#: An address of a web server, without a slash at its end.
HttpAddress = Annotated[str, AfterValidator(_check_http_address)]
#: An address of a server, whose host and port can be read.
Address = Annotated[str, AfterValidator(_check_address)]
Port = Annotated[int, Field(ge=1, le=65535)]
#: HMAC-SHA256 wants a key of at least its own length.
Secret = Annotated[SecretStr, Field(min_length=32)]


class SecretSettings(Settings):
    """The secret that tokens are signed with, and the one that it replaces."""

    secret: Annotated[Secret, Field(alias="CELLPULSE_SECRET")]
    secret_previous: Annotated[Secret | None, Field(alias="CELLPULSE_SECRET_PREVIOUS")] = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret whose tokens hold; the first one signs."""
        both = (self.secret, self.secret_previous)
        return tuple(each.get_secret_value() for each in both if each is not None)


class PseudonymSettings(Settings):
    """The key of pseudonymous courses; without one there are none."""

    pseudonym_key: Annotated[Secret | None, Field(alias="CELLPULSE_PSEUDONYM_KEY")] = None

    @property
    def pseudonym_key_text(self) -> str | None:
        """The key itself."""
        return None if self.pseudonym_key is None else self.pseudonym_key.get_secret_value()


class LogSettings(Settings):
    """The log on Redis, and what it may grow to."""

    redis_url: Annotated[
        Address, Field(alias="CELLPULSE_REDIS_URL", pattern="^(rediss?|unix)://", repr=False)
    ]
    #: Less than half of Redis' memory by default: what empties the log needs room there too.
    log_limit_bytes: Annotated[int, Field(alias="CELLPULSE_LOG_LIMIT_BYTES", ge=1_000_000)] = (
        400_000_000
    )


class IngestSettings(LogSettings, SecretSettings, PseudonymSettings):
    """What the ingest needs: the log, the secrets, and where students find their own page."""

    lossy_redis: Annotated[bool, Field(alias="CELLPULSE_LOSSY_REDIS")] = False
    dashboard_port: Annotated[Port, Field(alias="CELLPULSE_DASHBOARD_PORT")] = 8501
    public_dashboard_url: Annotated[
        HttpAddress | None, Field(alias="CELLPULSE_PUBLIC_DASHBOARD_URL")
    ] = None


class ClientLimits(Settings):
    """What one client may cost the ingest or the aggregation API."""

    head_seconds: Annotated[float, Field(alias="CELLPULSE_HEAD_SECONDS", gt=0)] = 10.0
    body_seconds: Annotated[float, Field(alias="CELLPULSE_BODY_SECONDS", gt=0)] = 30.0
    ping_seconds: Annotated[float, Field(alias="CELLPULSE_PING_SECONDS", gt=0)] = 20.0
    connections: Annotated[int, Field(alias="CELLPULSE_CONNECTIONS", ge=1)] = 10_000
