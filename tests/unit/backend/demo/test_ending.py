"""What the demo prints at its end."""

from backend.catalog.rules import Place
from backend.demo.company import ADMIN
from backend.demo.ending import doors
from backend.demo.opening import logins
from backend.demo.trade import dealer_login
from backend.demo.world import make_world
from backend.identity.rules import USER_ROLES


class Anywhere(dict[str, Place]):
    """A place for every code that is asked for."""

    def __missing__(self, adcode: str) -> Place:
        return Place(adcode, f"{adcode}市", adcode, "省", "Province", 30.0, 104.0, 1_000)


def test_a_log_in_of_every_role_is_made_and_printed() -> None:
    world = make_world(1, Anywhere())
    made = {ADMIN: ["admin"]} | {name: roles for name, roles, _ in logins(world)}
    assert {role for roles in made.values() for role in roles} == set(USER_ROLES)
    printed = [account for _, account, _ in doors(dealer_login(world.dealers[0]))]
    assert {role for account in printed for role in made[account]} == set(USER_ROLES)
