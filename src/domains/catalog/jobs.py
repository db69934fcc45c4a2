"""Background work of the catalog that no fact causes."""

from domains.catalog.service.importing import clear
from domains.catalog.service.publishing import publish_due
from domains.catalog.service.reading import write_missing_search
from domains.kernel.domain import Job

JOBS = (
    Job("catalog.clear_imports", clear, every_s=3600),
    Job("catalog.publish_due", publish_due, every_s=30),
    Job("catalog.write_missing_search", write_missing_search, every_s=60),
)
