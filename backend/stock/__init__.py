"""Stock: held from custody, allocated from orders, available the difference; and what people counted."""
