"""Says of each statement, one a line, what Ralph's models have against it; within Ralph's venv."""

import json
import sys

from pydantic import ValidationError
from ralph.models.xapi.base.statements import BaseXapiStatement

for line in sys.stdin:
    fault = ""
    try:
        BaseXapiStatement(**json.loads(line))
    except ValidationError as error:
        fault = str(error)
    sys.stdout.write(json.dumps(fault) + "\n")
    sys.stdout.flush()
