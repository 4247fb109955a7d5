"""What follows an accepted capture, in this order and in its transaction. Capture itself does not know."""

from backend.anchoring import service as anchoring
from backend.capture.service import Reaction
from backend.custody import service as custody

REACTIONS: tuple[Reaction, ...] = (custody.apply, anchoring.enqueue)
