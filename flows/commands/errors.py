"""How a command of the operator ends when something foreseen is wrong: one line, and a code."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click
from redis import RedisError

from ingest_api.foreseen import ForeseenError

P = ParamSpec("P")


def one_line_for_errors(command: Callable[P, None]) -> Callable[P, None]:
    """End a command with the first line of what it raised, where that was foreseen, and code 1."""
    return one_line_and_code(1)(command)


def one_line_and_code(code: int) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Return a decorator that does the same with an exit code of its own."""

    def decorate(command: Callable[P, None]) -> Callable[P, None]:
        @wraps(command)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                command(*args, **kwargs)
            except (ForeseenError, RedisError) as error:
                first, *_ = str(error).splitlines() or [type(error).__name__]
                click.echo(f"cellpulse: {first}", err=True)
                sys.exit(code)

        return run

    return decorate
