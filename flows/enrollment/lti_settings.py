"""Who Cellpulse is to a learning platform (LTI 1.3)."""

from pathlib import Path
from typing import Annotated, Literal

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from pydantic import Field

from ingest_api.settings import BadSettingError, HttpAddress, Settings


class LtiSettings(Settings):
    """The tool's registration on the platform, and which member field is the student's id."""

    client_id: Annotated[str, Field(alias="CELLPULSE_LTI_CLIENT_ID", min_length=1)]
    token_url: Annotated[HttpAddress, Field(alias="CELLPULSE_LTI_TOKEN_URL")]
    key_file: Annotated[Path, Field(alias="CELLPULSE_LTI_KEY_FILE")]
    key_id: Annotated[str, Field(alias="CELLPULSE_LTI_KEY_ID")] = ""
    student_id: Annotated[
        Literal["user_id", "lis_person_sourcedid", "email"],
        Field(alias="CELLPULSE_LTI_STUDENT_ID"),
    ] = "user_id"

    def private_key(self) -> RSAKey:
        """Return the key of `key_file`.

        Raises:
            BadSettingError: It can't be read, or is no RSA key without a password.
        """
        wrong = (
            "CELLPULSE_LTI_KEY_FILE: must be a file with an RSA private key in PEM, without a "
            "password; for /dev/stdin end the command with < FILE"
        )
        if self.key_file.is_char_device():  # a terminal, where it would wait for ever
            raise BadSettingError(wrong)
        try:
            key = RSAKey.import_key(self.key_file.read_bytes())
        except OSError as error:
            raise BadSettingError(
                f"CELLPULSE_LTI_KEY_FILE: can't be read: {error.strerror}"
            ) from error
        except (ValueError, TypeError, JoseError) as error:
            raise BadSettingError(wrong) from error
        if not key.is_private:
            raise BadSettingError(wrong)
        return key
