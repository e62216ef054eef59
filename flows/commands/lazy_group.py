"""A group of commands whose modules are imported when they are called: most take a second."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group that knows its commands by their modules and by what they do.

    Args:
        lazy: By the name of each command its module, which has the command under the module's own
            name, and the first sentence of its help: the list of commands imports none of them.
    """

    def __init__(self, *args: Any, lazy: Mapping[str, tuple[str, str]], **attrs: Any) -> None:
        super().__init__(*args, **attrs)
        self.lazy = lazy
        for name, (_, told) in lazy.items():
            self.add_command(click.Command(name, help=told))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name; its module is imported now."""
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        module, _ = self.lazy[cmd_name]
        command: click.Command = getattr(import_module(module), module.rpartition(".")[2])
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from what is known of them."""
        click.Group(commands=self.commands).format_commands(ctx, formatter)
