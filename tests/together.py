"""Which tests stay in one process when the suite runs in several, because they share what takes long to make."""

from pathlib import PurePath

from xdist.scheduler.loadscope import LoadScopeScheduling

_WITH_BROWSER = {"test_mailed_links.py", "test_passkeys.py", "test_push.py", "test_uploading.py"}
_WHOLE = {"test_cli.py", "test_localstripe.py", "test_openapi.py", "test_serve.py", "test_sync.py"}
"""They have a database, a server or a document of their own."""


def group(test: str) -> str:
    """Of a test by its id; most are a group of their own. Journeys share a server, and some of them a browser."""
    path = PurePath(test.partition("::")[0])
    if path.parent.name == "journeys":
        return "browser" if path.name.startswith("test_web_") or path.name in _WITH_BROWSER else "sockets"
    return str(path) if path.name in _WHOLE else test


class Together(LoadScopeScheduling):
    """Large groups first. xdist's own groups are no help: it writes them into the names of tests, where pytest 9.2 does
    not look any more."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)
