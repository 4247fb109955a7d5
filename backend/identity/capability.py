"""What identity adds to the product."""

from backend.capability import Capability, Link, Visit
from backend.identity import api, keys_api, keys_pages, pages, pages_accounts, pages_parties
from backend.identity.rules import OVERSEERS

CAPABILITY = Capability(
    "identity",
    "ground",
    routers=(
        pages.router,
        pages_accounts.router,
        pages_accounts.listed,
        pages_accounts.programs,
        pages_parties.router,
        pages_parties.listed,
        pages_parties.programs,
        api.router,
        keys_api.router,
        keys_pages.router,
    ),
    links=(
        Link("/devices", "我的设备", 40, (*OVERSEERS, "warehouse", "dealer", "store", "party_admin")),
        Link("/parties", "参与方", 70, OVERSEERS),
        Link("/party", "本公司", 90, unless=OVERSEERS, of_a_party=True, under=("/parties",)),
        Link("/users", "账号", 100, ("party_admin",), home_of=("admin", "party_admin")),
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
