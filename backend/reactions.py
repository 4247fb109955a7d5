"""What follows an accepted capture, in this order and in its transaction. Capture itself does not know."""

from backend.anchoring import service as anchoring
from backend.capture.service import Ordered, Reaction
from backend.custody import service as custody
from backend.orders.following import follow as follow_orders

REACTIONS: tuple[Reaction, ...] = (Ordered(custody.lock, custody.apply), follow_orders, anchoring.enqueue)
