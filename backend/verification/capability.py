"""What verification adds to the product."""

from backend.capability import Capability, Visit
from backend.verification import api, open_pages, pages, reading_files
from backend.verification.jobs import JOBS

CAPABILITY = Capability(
    "verification",
    "insight",
    routers=(api.router, api.ways, pages.router, open_pages.router, reading_files.router),
    jobs=JOBS,
    visits=(
        Visit("/"),
        Visit("/", "brand"),
        Visit("{bottle}"),
        Visit("{bottle}/check"),
        Visit("{bottle}/where"),
        Visit("{bottle}/open"),
        Visit("{bottle}/report"),
        Visit("{bottle}/proof"),
        Visit("{unknown}", status=404),
    ),
)
