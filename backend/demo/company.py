"""What every part of the story needs at hand: the world, the client, the goods, the schedule, the devices."""

import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from backend.demo.caps import Caps
from backend.demo.client import Client
from backend.demo.goods import Goods
from backend.demo.plan import Plan
from backend.demo.schedule import Schedule
from backend.demo.world import Member, World
from scanner.device.events import At, Built
from scanner.device.session import signed_message
from scanner.device.signing import Domain

LogIn = tuple[str, list[str], str | None]
"""Name, roles, party."""
ADMIN, BRAND, COMPLIANCE, SECOND = "admin", "brand", "compliance", "compliance-2"


@dataclass
class Company:
    """The cast at work."""

    world: World
    plan: Plan
    client: Client
    domain: Domain
    goods: Goods = field(default_factory=Goods)
    schedule: Schedule = field(default_factory=Schedule)
    caps: Caps = field(default_factory=Caps)
    employ: Callable[[Sequence[LogIn]], None] = lambda people: None
    """Makes log-ins on the machine itself, as whoever runs the product does: nobody else knows their passwords."""

    def capture(self, who: Member, event: Built, at: datetime) -> bytes:
        """The member's device signs an event and sends it; its evidence hash."""
        capture, message = signed_message(event, who.key, self.domain)
        self.client.post_text("/captures", message, at=at)
        return capture.evidence

    def at(self, who: Member, moment: datetime) -> At:
        """A moment at a member's place."""
        return At(moment, who.gln)

    def chance(self, name: str) -> random.Random:
        """Chance of one named decision, the same for the same seed whatever else happens."""
        return random.Random(f"{self.world.seed}/{name}")  # noqa: S311  (a story, not a secret)

    def id(self, name: str) -> str:
        """A command id that is the same in every playing of this story."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"jiulian-demo/{self.world.seed}/{name}"))
