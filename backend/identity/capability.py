"""What identity adds to the product."""

from backend.capability import Capability, Link, Visit
from backend.identity import accounts_api, api, keys_api, keys_pages, pages, pages_accounts, pages_parties, parties_api
from backend.identity.rules import ADMINISTRATORS, OF_A_PARTY, OVERSEERS

CAPABILITY = Capability(
    "identity",
    "ground",
    routers=(
        pages.router,
        pages.sessions,
        pages_accounts.router,
        pages_accounts.forms,
        pages_parties.router,
        pages_parties.own,
        keys_pages.router,
        keys_pages.forms,
        api.router,
        api.sessions,
        accounts_api.router,
        parties_api.router,
        keys_api.router,
        keys_api.own,
    ),
    links=(
        Link("/devices", "我的设备", 40, (*OVERSEERS, *OF_A_PARTY)),
        Link("/parties", "参与方", 70, OVERSEERS),
        Link("/party", "本公司", 90, unless=OVERSEERS, of_a_party=True, under=("/parties",)),
        Link("/users", "账号管理", 100, ("party_admin",), home_of=ADMINISTRATORS),
    ),
    visits=(
        Visit("/login"),
        Visit("/devices", "brand"),
        Visit("/parties", "brand"),
        Visit("/parties/{dealer}", "brand"),
        Visit("/password", "brand"),
        Visit("/users", "admin"),
        Visit("/party", "dealer"),
    ),
)
