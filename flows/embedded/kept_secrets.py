"""What the installation keeps secret, in its data folder: made at the first start."""

import secrets
from pathlib import Path
from typing import Final

from flows.settings import PlatformSettings

SECRET_FILE: Final = "cellpulse_secret"  # noqa: S105 - the file's name
KEY_FILE: Final = "cellpulse_pseudonym_key"


def keep_secret(settings: PlatformSettings, folder: Path) -> str:
    """Return the installation's secret, making it at the first start."""
    if settings.secret is not None:
        return settings.secret.get_secret_value()
    return _kept(folder / SECRET_FILE)


def keep_pseudonym_key(settings: PlatformSettings, folder: Path) -> str:
    """Return the key of pseudonymous courses, making it at the first start."""
    if settings.pseudonym_key is not None:
        return settings.pseudonym_key.get_secret_value()
    return _kept(folder / KEY_FILE)


def keep_given_secret(folder: Path, secret: str) -> None:
    """Make `secret` the installation's own."""
    _keep(folder / SECRET_FILE, secret)


def _kept(file: Path) -> str:
    if not file.is_file() or not file.read_text().strip():
        _keep(file, secrets.token_urlsafe(32))
    return file.read_text().strip()


def _keep(file: Path, secret: str) -> None:
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(secret)
