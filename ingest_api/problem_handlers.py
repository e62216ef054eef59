"""Makes every error of an app a problem, whoever raised it."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from ingest_api.faults import validation_errors
from ingest_api.problems import UNFORESEEN, Problem


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of `app` a problem: ours, the framework's, and what we did not foresee."""

    @app.exception_handler(Problem)
    async def _ours(_: Request, problem: Problem) -> JSONResponse:
        return problem.to_response()

    @app.exception_handler(HTTPException)
    async def _frameworks(request: Request, error: HTTPException) -> JSONResponse:
        status = HTTPStatus(error.status_code)
        details = {
            HTTPStatus.NOT_FOUND: f"there is nothing at {request.url.path}: see /docs",
            HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not for this address: see /docs",
        }
        detail = details.get(status, str(error.detail))
        return Problem(status, detail, error.headers).to_response()

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "a parameter is wrong: see errors, correct it and ask again",
            errors=validation_errors(error.errors()),
        ).to_response()

    @app.exception_handler(Exception)
    async def _unforeseen(_: Request, __: Exception) -> JSONResponse:
        return UNFORESEEN.to_response()
