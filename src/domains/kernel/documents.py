"""YAML that people write by hand, without what surprises them.

Norway (`no`) is no boolean, a date stays text, and a name that is given twice is an error.
"""

from pathlib import Path
from typing import Any

import yaml


class BadDocument(Exception):
    """One line: where, and what is wrong."""


class _Loader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"`{key.value}` is given twice", key.start_mark)
                seen.add(key.value)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, form)
        for tag, form in resolvers
        if tag not in {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool"} or (first in "tTfF" and "bool" in tag)
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_document(file: Path) -> Any:
    """What the file says. Raises BadDocument, also where it cannot be read."""
    try:
        return yaml.load(file.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe loader of our own
    except OSError as error:
        raise BadDocument(f"{file}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{file}:{mark.line + 1}" if mark else str(file)
        raise BadDocument(f"{place}: {getattr(error, 'problem', None) or 'this is not YAML'}") from None
    except (ValueError, RecursionError):
        # Of values that are none of their kind (`0b_`, a number of thousands of digits), and of nesting without end.
        raise BadDocument(f"{file}: something in it cannot be read as a value") from None
