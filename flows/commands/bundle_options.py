"""The options of `cellpulse export --format bundle`, and what they make."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from flows.bundle.export import export_bundle
from flows.bundle.options import BundleOptions
from flows.bundle.study import Study, read_key_file
from flows.export.errors import ExportError
from flows.export.formats import Write
from ingest_api.settings import SecretSettings

BUNDLE: Final = "bundle"
_DEFAULT_K: Final = 5
_LARGEST_NAMES: Final = 10_000_000

F = TypeVar("F", bound=Callable[..., Any])
_OPTIONS: Final = (
    click.option("--study", help="Bundle: the study; each has pseudonyms of its own."),
    click.option(
        "--k",
        type=click.IntRange(min=2),
        help=f"Bundle: what fewer students have in common is suppressed (default {_DEFAULT_K}).",
    ),
    click.option(
        "--with-code", is_flag=True, help="Bundle: include code and output that were shared."
    ),
    click.option("--with-help", is_flag=True, help="Bundle: include what students asked."),
    click.option(
        "--names",
        type=click.Path(path_type=Path),
        help="Bundle: a text file of people's names to take out of texts, one a line.",
    ),
    click.option(
        "--key-file",
        type=click.Path(path_type=Path),
        help="Bundle: make pseudonyms of this file's secret instead of CELLPULSE_SECRET.",
    ),
)


def bundle_options(command: F) -> F:
    """Add the options to a command, which gets them by their names."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def refuse_bundle_options(format_name: str, given: dict[str, Any]) -> None:
    """Refuse options that only a bundle has.

    Raises:
        ExportError: One of them is given.
    """
    named = [f"--{name.replace('_', '-')}" for name, value in given.items() if value]
    if named:
        raise ExportError(
            f"{', '.join(sorted(named))}: only for --format {BUNDLE}; leave it out, or take that "
            f"format instead of {format_name}"
        )


def bundle_writer(
    *,
    study: str | None,
    k: int | None,
    with_code: bool,
    with_help: bool,
    names: Path | None,
    key_file: Path | None,
) -> Write:
    """Return what writes a bundle.

    Raises:
        ExportError: An option is missing, or its file can't be used.
        BadSettingError: There is neither a key file nor the platform's secret.
    """
    if study is None:
        raise ExportError(
            "--format bundle needs --study NAME: each study has pseudonyms of its own"
        )
    if key_file is None:
        secret = SecretSettings.load().secret.get_secret_value().encode()
    else:
        secret = read_key_file(key_file)
    options = BundleOptions(
        Study(study, secret),
        k or _DEFAULT_K,
        with_code,
        with_help,
        () if names is None else _read_names(names),
    )
    return partial(export_bundle, options=options)


def _read_names(path: Path) -> tuple[str, ...]:
    try:
        if path.stat().st_size > _LARGEST_NAMES:
            raise ExportError(f"--names {path} is larger than {_LARGEST_NAMES:,} bytes")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ExportError(f"--names {path} is not UTF-8: save it as UTF-8") from error
    except OSError as error:
        raise ExportError(f"--names {path}: {error.strerror or error}") from error
    return tuple(sorted({line.strip() for line in lines} - {""}))
