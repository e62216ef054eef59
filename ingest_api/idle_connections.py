"""How long a connection to one of our servers may be idle, in seconds."""

from typing import Final

#: A server closes a connection over which nothing came for so long.
SERVER_CLOSES_AFTER: Final = 5
#: A client lets go of it before: a request must not go over it just as the server closes it.
CLIENT_LETS_GO_AFTER: Final = 3
