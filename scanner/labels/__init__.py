"""Codes made visible: QR images, label sheets and printer language."""
