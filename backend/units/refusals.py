"""How unit custody says no: each names the unit, what speaks against it, and the honest way where there is one.

Pure.
"""

from backend.errors import Malformed, Refused


class UnitUnknown(Refused):
    """Nobody commissioned this code or packed this case: commission the batch's codes first, or scan it again."""


class OtherBatch(Refused):
    """This unit is of another product or batch than the capture is about: capture each batch by itself."""

    final = True


class NamedTwice(Refused):
    """This unit lies in another one that is named too: name the case or what is in it, not both."""

    final = True


class NotHolder(Refused):
    """Another party holds this unit: whoever holds it must ship it first, and you must sign for receiving it."""


class OnTheWay(Refused):
    """This unit is on its way: its addressee must receive or return it first."""


class Gone(Refused):
    """This unit was sold, used up, lost or made void: it cannot move any more."""

    final = True


class Opened(Refused):
    """The bottle has been opened by a consumer: it cannot move any more."""

    final = True


class NotInConsignment(Refused):
    """This unit does not travel in this consignment now: name only what is still open of it."""


class AlreadyDelivered(Refused):
    """This was told to be delivered before: declare that proof of delivery an error first, if it was one."""


class SumDiffers(Refused):
    """The bottles under the named units do not add up to the quantity: count again and name what moves."""

    final = True


class UnitsMissing(Refused):
    """Goods with codes move by their codes: name the cases or bottles that move."""

    final = True


class PartUnnamed(Refused):
    """A part of a consignment must say which units it is."""

    final = True


class BeforeLastStep(Refused):
    """The event is told to have happened before the last step of this unit."""

    final = True


class BeforeBirth(Refused):
    """The event is told to have happened before its batch was born."""

    final = True


class UnitRecalled(Refused):
    """This bottle is recalled: take it out, or send it back to the maker."""


class RecalledAmongThem(Refused):
    """Some of the bottles held are recalled: sell no more than the others, or name what is sold."""


class NotAPackage(Refused):
    """A bottle holds nothing: pack into a case or pallet (SSCC)."""

    final = True


class IntoItself(Refused):
    """A case cannot be packed into itself or into what lies in it."""

    final = True


class PackedTooDeep(Refused):
    """Something would lie in more packages than anybody follows: take some of them away first."""


class AlreadyPacked(Refused):
    """This unit lies in another case: unpack it there first."""

    final = True


class NotInside(Refused):
    """This unit does not lie in that case."""


class CodesDiffer(Refused):
    """The batch has a code run with another root than the one commissioned."""


class MoreCodesThanBottles(Refused):
    """There are more codes than bottles: void the spoiled labels first."""


class CodesNotInForce(Refused):
    """The codes of this batch are not in force: commission them before anything moves."""


class CodeKnown(Refused):
    """A code of this run is in use already."""

    final = True


class NothingInside(Malformed):
    """The event names no unit that comes in or out."""


class LaterEventStands(Refused):
    """A later event stands on the one to be corrected: correct that one first."""
