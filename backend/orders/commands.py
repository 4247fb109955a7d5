"""The id of a command on an order, from a program's JSON or from a form of ours."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import ValidationError

from backend.errors import Malformed
from backend.orders.schemas import CommandIn
from backend.web.shapes import body_of


async def _command_id(request: Request) -> UUID:
    """The command's id from a JSON body or a form field `id`."""
    form = "form" in request.headers.get("content-type", "")
    try:
        body = dict(await request.form()) if form else await request.json()
        return CommandIn.model_validate(body).id
    except (ValidationError, ValueError) as error:
        raise Malformed("id: a UUID that names this command is needed", field="id") from error


CommandId = Annotated[UUID, Depends(_command_id)]
COMMAND_BODY = body_of(CommandIn, "application/json", "application/x-www-form-urlencoded")
"""What a route that takes a `CommandId` says of its body."""
