"""What ends an export or an import, in one line."""


class ExportError(Exception):
    """Why there is no export, in one line that says what to do."""
