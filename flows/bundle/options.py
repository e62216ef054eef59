"""What a researcher says about a bundle."""

from dataclasses import dataclass

from flows.bundle.study import Study


@dataclass(frozen=True)
class BundleOptions:
    """How a course becomes a bundle.

    Attributes:
        k: What fewer students than these have in common is suppressed.
        with_code: Include code and output, where students shared them.
        with_help: Include what students wrote when they asked for help.
        names: Names of people to look for in texts, besides the students' ids.
    """

    study: Study
    k: int
    with_code: bool = False
    with_help: bool = False
    names: tuple[str, ...] = ()
