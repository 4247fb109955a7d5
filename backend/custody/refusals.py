"""Custody's refusals, named as the rule that says no. Pure."""

from backend.errors import NotAllowed, Refused
from backend.units.rules_deliveries import DeclaredError as DeclaredError
from backend.units.rules_deliveries import Delivery as Delivery


class NotHeld(Refused):
    """The party does not hold that much of the batch."""


class NothingInTransit(Refused):
    """Less of the consignment is under way than the capture moves; a second receipt finds nothing."""


class UnknownConsignment(Refused):
    """The capture names no shipment of this batch."""


class NotAddressee(Refused):
    """The consignment is addressed to another party."""

    final = True


class NotItsSender(NotAllowed):
    """Only who sent a consignment shows that it was delivered; whoever it is addressed to signs a receipt."""


class SignForIt(Refused):
    """This consignment is addressed to you: sign a receipt for it, send it back, or write off what did not come."""


class NothingUnderWay(Refused):
    """Nothing of this consignment is on its way any more: it was signed for, sent back or written off."""


class NotSender(Refused):
    """The consignment was sent by another party than the receipt says."""

    final = True


class Recalled(Refused):
    """The batch is recalled, and this is not a way back."""


class NotRecalled(Refused):
    """The batch is not recalled, so nothing can be lifted."""


class RoleNotAllowed(NotAllowed):
    """No role of the party allows this step."""


class CounterpartyUnsuited(Refused):
    """The addressee may not hold stock."""


class PartyNotActive(NotAllowed):
    """A party of this dealing is suspended or revoked."""


class UnknownParty(Refused):
    """A party of this dealing is not enrolled."""


class BatchExists(Refused):
    """A batch is born once."""

    final = True


class UnknownBatch(Refused):
    """The batch was never born."""


class EventUnknown(Refused):
    """The declaration restates no event that was captured: it must repeat the wrong event to the letter."""


class NotYourEvent(NotAllowed):
    """Only a device of the party that signed an event can declare it an error."""

    final = True


class DeclaredBefore(Refused):
    """This event was declared an error before."""

    final = True


class NotCorrectable(Refused):
    """A recall is undone by a lift and a lift by a recall; neither is an error to declare."""

    final = True


class BeforeShipment(Refused):
    """The event is told to have happened before the consignment was shipped."""

    final = True


class ReturnsToSender(Refused):
    """What is returned goes back to who sent it, and to nobody else."""

    final = True


class UnitsCommissioned(Refused):
    """The codes of a batch are commissioned once."""

    final = True


class NotMaker(Refused):
    """Codes of a batch are commissioned by who bottled it: return the goods, or let the maker commission its codes."""


class NoCodeRun(Refused):
    """No codes were made for this batch here: make its code run first, then commission the root of that run."""


class MeasureDiffers(Refused):
    """The batch is counted in another measure: say the quantity in the one in which it was born."""

    final = True


class MoreThanBorn(Refused):
    """The recall names more than was born of the batch: count again, or recall the whole batch without naming units."""
