"""Background work of the catalog that no fact causes."""

from domains.catalog.service.reading import write_missing_search
from domains.kernel.domain import Job

JOBS = (Job("catalog.write_missing_search", write_missing_search, every_s=3600),)
