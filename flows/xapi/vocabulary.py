"""The names that our statements use: ADL's verbs and activity types, and extensions of our own.

`profile.jsonld` says what each is used for.
"""

from typing import Final

#: What a statement can say, by the verb's name in English.
VERBS: Final = {
    name: f"http://adlnet.gov/expapi/verbs/{name}"
    for name in ("attempted", "passed", "failed", "completed", "asked", "initialized", "terminated")
}
COURSE: Final = "http://adlnet.gov/expapi/activities/course"
EXERCISE: Final = "http://adlnet.gov/expapi/activities/assessment"
CHECK: Final = "http://adlnet.gov/expapi/activities/question"
PROFILE_TYPE: Final = "http://adlnet.gov/expapi/activities/profile"

#: Of profile.jsonld; a template or pattern that changes there needs a new one, and a new id.
PROFILE_VERSION: Final = "urn:cellpulse:xapi:v1"
_EXTENSIONS: Final = "urn:cellpulse:xapi:extensions"
SESSION: Final = f"{_EXTENSIONS}:session"
STATUS: Final = f"{_EXTENSIONS}:status"
ERROR_NAME: Final = f"{_EXTENSIONS}:error-name"
EXECUTION_COUNT: Final = f"{_EXTENSIONS}:execution-count"
CODE_LINES: Final = f"{_EXTENSIONS}:code-lines"
