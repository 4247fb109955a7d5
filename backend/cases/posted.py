"""A decision as it is posted: JSON, or the page's form."""

from typing import Annotated

from fastapi import Depends, Request

from backend.cases import schemas
from backend.errors import Malformed
from backend.web.shapes import body_of


async def _posted(request: Request) -> dict[str, object]:
    """The fields of a decision, from JSON or from the page's form."""
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            body = await request.json()
        except ValueError as error:
            raise Malformed("the body is not JSON") from error
        if not isinstance(body, dict):
            raise Malformed("the body must be an object")
        return body
    form = await request.form()
    return schemas.form_values([(name, str(value)) for name, value in form.multi_items()])


Posted = Annotated[dict[str, object], Depends(_posted)]
POSTED_BODY = body_of(schemas.DecisionBody)
"""What a route that takes a decision says of its body."""
