"""The pages, and the process that serves them."""

import sys

# Altair imports jsonschema, which imports this where JupyterLab is installed too: a grammar whose
# making takes longer than all else of this process's start, for a format that no chart has.
# Without it jsonschema goes on.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None: not importable
