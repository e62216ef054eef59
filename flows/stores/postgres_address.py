"""PostgreSQL addresses: with time-outs where we connect, without passwords where we report."""

from typing import Final
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

#: A connection that fell silent must not hold us for ever: a peer that is gone is noticed in 20 s.
#: In seconds, but for the last, in milliseconds.
_TIMEOUTS: Final = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
#: What a session asks of the server, so that a client which is gone leaves no lock behind.
NOTICE_LOST_CLIENTS: Final = (
    "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; "
    "SET tcp_user_timeout = '20s'; SET idle_in_transaction_session_timeout = '60s'"
)


def with_timeouts(postgres_url: str) -> str:
    """Return the address with the time-outs that it does not set itself."""
    query = urlsplit(postgres_url).query
    missing = {name: value for name, value in _TIMEOUTS.items() if name not in parse_qs(query)}
    if not missing:
        return postgres_url
    return f"{postgres_url}{'&' if query else '?'}{urlencode(missing)}"


def without_password(text: str, postgres_url: str) -> str:
    """Return a text, such as a driver's error, without the address and its password."""
    text = text.replace(postgres_url, "postgresql://…")
    password = urlsplit(postgres_url).password
    for shown in (password, unquote(password)) if password else ():
        text = text.replace(f":{shown}@", ":…@")
    return text
