"""`jiulian people`: log-ins that are made on the machine itself, by whoever runs the product."""

from typing import Annotated

import typer

from backend.cli.parts import console, migrated_database
from backend.db.engine import make_engine, make_sessions
from backend.errors import JiulianError
from backend.identity import service
from backend.identity.rules import USER_ROLES
from backend.identity.rules_accounts import check_strength
from backend.identity.rules_people import NameTaken
from backend.settings import get_settings

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _people() -> None:
    """Log-ins that are made on the machine itself, by whoever runs the product."""


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="name to log in by")],
    role: Annotated[list[str], typer.Option(help=f"one of {', '.join(USER_ROLES)}; may be given more than once")],
    party: Annotated[str | None, typer.Option(help="GLN of the company; none for the brand's own people")] = None,
) -> None:
    """Make a log-in that counts at once. Its owner types the password here himself, unseen by anybody else.

    Two administrators made so are the least that a brand needs: each vouches for those whom the other makes.
    """
    unknown = [each for each in role if each not in USER_ROLES]
    if unknown:
        raise typer.BadParameter(f"no such role: {', '.join(unknown)}")
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    engine = make_engine(migrated_database(get_settings()))
    try:
        check_strength(password, name)
        with make_sessions(engine)() as session, session.begin():
            if party is not None:
                service.get_party(session, party)
            if service.find_user(session, name) is not None:
                raise NameTaken(name=name)
            service.add_user(session, name, password, role, party)
    except JiulianError as refused:
        console.print(f"[red]{refused}[/red] {refused.details or ''}")
        raise typer.Exit(1) from refused
    finally:
        engine.dispose()
    console.print(f"{name} may log in.")
