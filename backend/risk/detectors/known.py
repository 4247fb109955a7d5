"""What the house knows explains bottles away: approved transfer, corporate order, permission to sell online. Pure."""

import numpy as np

from backend.risk.alert_forms import Numbers, TermName
from backend.risk.features.evidence import Flags
from backend.risk.features.view import RECENT, View

NAME = TermName.KNOWN


def explained(view: View) -> Flags:
    """[candidate] a known flow was valid at the place in the recent weeks, or the dealer may sell everywhere."""
    recent = view.evidence.known[:, :, max(0, view.week - RECENT + 1) : view.week + 1]
    return np.asarray(recent[view.dealer, view.place].any(axis=1) | view.evidence.online[view.dealer])


def numbers(view: View, row: int) -> Numbers:
    """Which kinds of known flow explain the candidate."""
    dataset = view.evidence.dataset
    dealer, place = dataset.dealers[view.dealer[row]], dataset.places[view.place[row]].place
    kinds = {f.kind for f in dataset.known_flows if f.dealer == dealer.dealer and f.place == place}
    return {"kinds": sorted(kinds | ({"online"} if dealer.online_authorised else set()))}
