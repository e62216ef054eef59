"""The contract of an event compiled for what nearly all clients send.

`ProgressEvent` stays the one definition: the decoder's types are derived from its fields here, and
what this decoder does not take for certain goes through the model. So it may refuse what the model
accepts, but never the other way round, and what it accepts it stores as the very same bytes.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

import msgspec
from annotated_types import Ge, Le
from pydantic import AfterValidator, AllowInfNan, BeforeValidator, StringConstraints, TypeAdapter
from pydantic.fields import FieldInfo
from uuid_utils import uuid7

from ingest_api.events import (
    EXTRA_CAP,
    TEXT_CAPS,
    ProgressEvent,
    UtcTime,
    check_what_goes_together,
    not_a_truth_value,
    to_utc,
)

#: An event that was decoded; it has the attributes of a `ProgressEvent`.
CompiledEvent = Any
Check = Callable[[Any], Any]

#: Of how many events the ids are remembered as good.
_REMEMBERED: Final = 8_192
#: A NUL in a text, or something that looks like one.
_NUL: Final = rb"\u0000"
#: Between these no number is written with an exponent.
_SMALLEST_PLAIN, _LARGEST_PLAIN = 1e-3, 1e15
_BASES: Final = (str, int, float, bool, UUID)


def _without_annotations(hint: Any) -> tuple[Any, list[Any]]:
    """Return a type, and all that pydantic was told about it."""
    if get_origin(hint) is not Annotated:
        return hint, []
    inner, *told = get_args(hint)
    flat: list[Any] = []
    for each in told:
        flat += each.metadata if isinstance(each, FieldInfo) else [each]
    return inner, flat


def _limits(told: Any) -> dict[str, Any] | None:
    """Return what msgspec looks at by itself of one thing that pydantic was told, None if none."""
    if isinstance(told, Ge | Le):
        return {"ge": told.ge} if isinstance(told, Ge) else {"le": told.le}
    if isinstance(told, StringConstraints):
        said = {name: value for name, value in vars(told).items() if value is not None}
        return said if said.keys() <= {"min_length", "max_length"} else None
    if isinstance(told, AllowInfNan):
        return {}  # neither is JSON, to msgspec
    if isinstance(told, BeforeValidator) and told.func is not_a_truth_value:
        return {}  # msgspec takes none for a number
    pattern = getattr(told, "pattern", None)
    if isinstance(pattern, str) and pattern.endswith("$"):
        return {"pattern": pattern[:-1] + r"\Z"}  # Python's own $ lets a line break follow
    return None


def _compiled(name: str, hint: Any) -> tuple[Any, list[Check]]:
    """Return a field's type for msgspec and what is to be called on its value; null for no type."""
    outer, told = _without_annotations(hint)
    options = get_args(outer) if get_origin(outer) in (Union, UnionType) else (outer,)
    [inner, *others] = [each for each in options if each is not NoneType]
    base, more = _without_annotations(inner)
    if others or not (base in (*_BASES, datetime) or get_origin(base) is Literal):
        return None, []
    limits: dict[str, Any] = {"max_length": TEXT_CAPS[name]} if name in TEXT_CAPS else {}
    checks: list[Check] = []
    for each in (*more, *told):
        found = _limits(each)
        if found is not None:
            limits |= found
        elif isinstance(each, AfterValidator):
            checks.append(cast("Check", each.func))
        else:
            return None, []
    if base is datetime:
        return (str | None, [_stored_time]) if checks == [to_utc] else (None, [])
    if base is float:
        checks.append(_check_number)
    elif checks and base is not str:
        return None, []
    kind = Annotated[base, msgspec.Meta(**limits)] if limits else base
    return kind | None if NoneType in options else kind, checks


def _check_number(value: float) -> float:
    """Raise ValueError where the model writes a number in another way than msgspec may."""
    if value and not _SMALLEST_PLAIN <= abs(value) < _LARGEST_PLAIN:
        raise ValueError("not for here")
    return value


_PLAIN_TIME: Final = re.compile(
    r"(?:19[7-9]\d|2[01]\d\d)-\d\d-\d\dT\d\d:\d\d:\d\d\.(?!000000)\d{6}(?:Z|\+00:00)", re.ASCII
)
_UTC_TIME: Final = TypeAdapter(UtcTime)


def _stored_time(text: str) -> str:
    """Return a time as it is stored. Raises ValueError where it is none."""
    if _PLAIN_TIME.fullmatch(text):
        datetime.fromisoformat(text)
        return text[:26] + "Z"
    return stored_time(_UTC_TIME.validate_python(text))


def stored_time(value: datetime) -> str:
    """Return a time in UTC as it stands in a stored event."""
    return value.isoformat().replace("+00:00", "Z")


def _define() -> tuple[type[msgspec.Struct], list[tuple[str, Check]], list[tuple[str, Any]]]:
    hints = get_type_hints(ProgressEvent, include_extras=True)
    fields: list[Any] = []
    checks: list[tuple[str, Check]] = []
    defaults: list[tuple[str, Any]] = []
    for name, field in ProgressEvent.model_fields.items():
        kind, called = _compiled(name, hints[name])
        checks += [(name, check) for check in called]
        if field.is_required():
            fields.append((name, kind))
        elif field.default is None:
            fields.append((name, kind, None))
        else:  # a default that msgspec knew would not be stored
            fields.append((name, kind | msgspec.UnsetType, msgspec.UNSET))
            defaults.append((name, field.default))
    struct = msgspec.defstruct(
        "CompiledEvent", fields, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
    )
    return struct, checks, defaults


_STRUCT, _CHECKS, _DEFAULTS = _define()
_KNOWN: Final = frozenset(ProgressEvent.model_fields)
_events_of = msgspec.json.Decoder(list[_STRUCT]).decode  # type: ignore[valid-type]
_event_of = msgspec.json.Decoder(_STRUCT).decode
_objects_of = msgspec.json.Decoder(list[dict[str, Any]]).decode
_object_of = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode
_QUICK_CHECKS: Final = (_stored_time, _check_number)
_TEXT_CHECKS: Final = [each for each in _CHECKS if each[1] not in _QUICK_CHECKS]
_OTHER_CHECKS: Final = [each for each in _CHECKS if each[1] in _QUICK_CHECKS]
_checked_texts = attrgetter(*(name for name, _ in _TEXT_CHECKS))


def decode_events(body: bytes) -> list[CompiledEvent | None] | None:
    """Return the events of a request, None for each that the model has to judge.

    Returns:
        None where the model has to judge all of the body, which may be no JSON at all.
    """
    if _NUL in body:
        return None
    try:
        return [_completed(event) for event in _decoded(body)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _decoded(body: bytes) -> Iterable[CompiledEvent | None]:
    is_array = body[:1] == b"["
    try:
        return _events_of(body) if is_array else [_event_of(body)]
    except msgspec.ValidationError:
        return map(_with_extra, _objects_of(body) if is_array else [_object_of(body)])


def _with_extra(sent: dict[str, Any]) -> CompiledEvent | None:
    """Return an event whose unknown fields, if any, stand under `extra`."""
    extra = {name: value for name, value in sent.items() if name not in _KNOWN}
    for name in extra:
        del sent[name]
    try:
        event: Any = msgspec.convert(sent, _STRUCT)
        if extra:
            if not _is_plain(extra):
                return None
            event.extra = extra
    except (msgspec.ValidationError, ValueError, OverflowError):
        return None
    return event


def _is_plain(extra: dict[str, Any]) -> bool:
    """Tell whether unknown fields are kept as they are, without a closer look.

    The model writes a blank after each colon and comma, which at most doubles the length.
    """
    for value in extra.values():
        if isinstance(value, (dict, list)):
            return False
        if isinstance(value, float):
            _check_number(value)
    return len(_encode(extra)) * 2 <= EXTRA_CAP


def _completed(event: CompiledEvent | None) -> CompiledEvent | None:
    """Do what the model does once all fields are read; None where the model has to."""
    if event is None:
        return None
    for name, default in _DEFAULTS:
        if getattr(event, name) is msgspec.UNSET:
            setattr(event, name, default)
    try:
        _check_texts(_checked_texts(event))
        for name, check in _OTHER_CHECKS:
            value = getattr(event, name)
            if value is not None:
                setattr(event, name, check(value))
        check_what_goes_together(event)
    except ValueError:
        return None
    return event


@lru_cache(_REMEMBERED)
def _check_texts(texts: tuple[str | None, ...]) -> None:
    """Raise ValueError where a text is none of its kind.

    The answer is remembered: a class sends the same all lesson long.
    """
    for (_, check), text in zip(_TEXT_CHECKS, texts, strict=True):
        if text is not None:
            check(text)


def stored_json(event: CompiledEvent, received_at: str) -> bytes:
    """Return an event as the log stores it.

    Args:
        event: It is completed in place.
        received_at: See `stored_time`.
    """
    if event.event_id is None:
        event.event_id = UUID(bytes=uuid7().bytes)
    if event.occurred_at is None:
        event.occurred_at = received_at
    return b'%b,"received_at":"%b"}' % (_encode(event)[:-1], received_at.encode())
