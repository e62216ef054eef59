"""The addresses by which an admin looks after who signs in."""

from http import HTTPStatus
from typing import Annotated, Final, get_args

from fastapi import APIRouter, Path, Request

from analytics import examples
from analytics.admin import examples as admin_examples
from analytics.admin.access import PROBLEMS, OfficeOfAdmin
from analytics.admin.account_responses import (
    AccountLink,
    Accounts,
    KnownAccount,
    NewAccount,
    NewRole,
    RemovedAccount,
)
from analytics.parameters import decoded_id
from flows.accounts.password_code import issue_code, new_code_id
from flows.accounts.sign_out import sign_out_everywhere
from flows.stores import accounts
from flows.stores.accounts import AccountError
from ingest_api.problems import Problem, documented_problem

router = APIRouter(prefix="/api/v1/admin", responses={**PROBLEMS, **examples.NOT_TEXT})
_ACCOUNT: Final = "/accounts/{account:path}"
_CONFLICT: Final = documented_problem(
    HTTPStatus.CONFLICT, "there is an account 'ada' already: 'cellpulse account reset' gives …"
)
_OWN: Final = "this is your own account: ask another admin to do that"
EncodedAccount = Annotated[
    str, Path(alias="account", description="The account, percent-encoded (a slash is %2F).")
]


@router.get("/accounts", responses=examples.answer(admin_examples.ACCOUNTS))
def get_admin_accounts(office: OfficeOfAdmin) -> Accounts:
    """Return who can sign in, and as what."""
    with office.stores.postgres() as engine:
        known = accounts.every(engine)
    return Accounts(
        accounts=[
            KnownAccount(
                account=each.account,
                role=each.role,
                courses=list(each.course_ids),
                sections=list(each.sections),
                has_password=each.password_hash is not None,
            )
            for each in known
        ],
        roles=list(get_args(NewRole)),
    )


@router.post("/accounts", responses={**examples.answer(admin_examples.LINK), **_CONFLICT})
def post_admin_account(request: Request, office: OfficeOfAdmin, asked: NewAccount) -> AccountLink:
    """Make an account, and return the link by which its owner chooses a password."""
    _require_fitting(asked)
    code_id = new_code_id()
    try:
        with office.stores.postgres() as engine:
            accounts.add(engine, asked.account, asked.role, asked.courses, code_id, asked.sections)
    except AccountError as error:
        raise Problem(HTTPStatus.CONFLICT, str(error)) from error
    office.note(
        "account made",
        None,
        f"{asked.account}, {asked.role}{_of_what(asked)}",
        **asked.model_dump(mode="json"),
    )
    return _link(request, asked.account, code_id)


@router.post(f"{_ACCOUNT}/reset", responses={**examples.answer(admin_examples.LINK), **_CONFLICT})
def post_admin_reset(
    request: Request, office: OfficeOfAdmin, encoded: EncodedAccount
) -> AccountLink:
    """Take an account's password away, sign its owner out, and return a new link."""
    account = _other(office.who, encoded)
    code_id = new_code_id()
    try:
        with office.stores.redis() as redis, office.stores.postgres() as engine:
            accounts.expect_code(engine, account, code_id)
            sign_out_everywhere(redis, account)
    except AccountError as error:
        raise Problem(HTTPStatus.NOT_FOUND, str(error)) from error
    office.note("account reset", None, account, account=account)
    return _link(request, account, code_id)


@router.delete(_ACCOUNT, responses={**examples.answer(admin_examples.REMOVED), **_CONFLICT})
def delete_admin_account(office: OfficeOfAdmin, encoded: EncodedAccount) -> RemovedAccount:
    """Close an account, and sign its owner out."""
    account = _other(office.who, encoded)
    try:
        with office.stores.redis() as redis, office.stores.postgres() as engine:
            accounts.remove(engine, account)
            sign_out_everywhere(redis, account)
    except AccountError as error:
        raise Problem(HTTPStatus.NOT_FOUND, str(error)) from error
    office.note("account removed", None, account, account=account)
    return RemovedAccount(account=account)


def _require_fitting(asked: NewAccount) -> None:
    """Go on only where an account has just the courses and sections that its role takes.

    Raises:
        Problem: 422, it has not; the message says what the role takes.
    """
    takes_sections = asked.role == "assistant"
    if takes_sections and (len(asked.courses) != 1 or not asked.sections):
        fault = "an assistant needs one course and at least one section of it"
    elif asked.sections and not takes_sections:
        fault = "only an assistant has sections: leave them out, or give the role assistant"
    elif (asked.role == "admin") == bool(asked.courses):
        fault = "an admin sees every course and takes none; any other role needs at least one"
    else:
        return
    raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, fault)


def _of_what(asked: NewAccount) -> str:
    courses = f" of {', '.join(asked.courses)}" if asked.courses else ""
    return courses + (f" (section {', '.join(asked.sections)})" if asked.sections else "")


def _other(who: str | None, encoded: str) -> str:
    """Return the account that is named, where it is not the admin's own.

    Raises:
        Problem: 404, no account can have this name; 409, it is the admin's own.
    """
    account = decoded_id(encoded)
    if account is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no account can have this name: correct the address")
    if account == who:
        raise Problem(HTTPStatus.CONFLICT, _OWN)
    return account


def _link(request: Request, account: str, code_id: str) -> AccountLink:
    code = issue_code(request.app.state.secrets[0], account, code_id)
    return AccountLink(account=account, path=f"/password?code={code}")
