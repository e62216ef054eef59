"""What goes wrong when the lake is read; each message says what to do."""


class LakeUnavailableError(Exception):
    """The lake can't be read now; the message says what to do."""


class NewerLakeError(LakeUnavailableError):
    """The lake, or the master data, was made by a newer Cellpulse."""
