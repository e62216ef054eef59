"""The errors that somebody who runs the platform can do something about."""


class ForeseenError(Exception):
    """Something foreseen is wrong: the message's first line says what, and what to do.

    A command of the operator ends with that line; it needs to know nothing else of the error.
    """
