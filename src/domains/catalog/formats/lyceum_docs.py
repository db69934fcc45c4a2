"""The page about Lyceum YAML, made of the kinds' own words and examples.

`python -m domains.catalog.formats.lyceum_docs > docs/lyceum-yaml.md` writes it anew. A test holds the page against this
and reads every example of it.
"""

import re
import sys
from typing import Any

import yaml

from domains.catalog.formats.lyceum import KEY
from domains.catalog.kinds import KINDS, Kind

BEGINNING = f"""# Lyceum YAML

<!-- Made by `python -m domains.catalog.formats.lyceum_docs`; change that, not this page. -->

One file says all of a course. `lyceum import course.yaml` publishes it, `lyceum export SLUG` writes it again, and
`lyceum schema course` prints its JSON Schema, with which editors check a file while it is written. Files that the
course shows are named by their paths: in a directory or a zip file with a `course.yaml`.

```yaml
lyceum: 1
course:
  slug: first-steps
  title: First steps in Spanish
  description: Greetings and food.
  # BCP 47. Without `from` the course is not about a language, and words have `term` and `meaning`.
  learning: es
  from: en
  level: A1
  categories: [languages]
  topics: [travel]
  tags: [short]
  skills: [{{key: articles, title: Articles}}]
  prerequisites: []
  image: {{media: media/cover.webp, alt: A harbour}}
  licence: {{name: CC BY 4.0, url: "https://creativecommons.org/licenses/by/4.0/"}}
  special_characters: [á, é, ñ, ¿, ¡]
sections:
  - key: start
    title: Start
    units:
      - key: people
        title: People
        introduction: |
          Markdown, shown with the unit.
        lessons:
          - key: hello
            title: Hello
            preview: true
            text: |
              Markdown to read before the exercises.
            materials: [{{title: Worksheet, media: media/sheet.pdf}}]
            words:
              - {{es: hola, en: [hello, hi]}}
              - {{es: gracias, en: [thank you, thanks]}}
              - {{es: adiós, en: [goodbye, bye]}}
            sentences:
              - {{es: "Hola, ¿qué tal?", en: ["Hello, how are you?", "Hi, how are you?"]}}
dictionary:
  es: {{barco: [ship, boat]}}
```

- Keys name what learners did: they stay when titles change. They are unique among their neighbours and match
  `{KEY.pattern}`; a key that begins with `/` stands for itself and may be anything.
- The first text of a side is shown, every text is accepted. Brackets and slashes stand for several, as in
  `(el/un) gato`; a backslash takes the meaning away.
- The exercises of a lesson with words or sentences are made from them, unless it lists its own; `exercises: []` has
  none.
- A lesson with `form: deck` holds flashcards only.

## Exercises

Each has a `kind` and what that kind needs. Languages that are left out are those of the course. With any kind may go:

| | |
| --- | --- |
| `key` | made of what is asked where it is left out |
| `hints` | up to five, from the weakest to the strongest |
| `explanation` | Markdown, shown after the answer |
| `image` | `{{media: cat.webp, alt: A cat}}`, shown with the question |
| `audio` | `{{media: said.mp3, slow: slowly.mp3}}`, heard with the question |
| `skills` | keys of the course's skills |

Where a kind has a field of such a name itself, what goes with the exercise is called `with_image`, `with_audio`.
"""


def page() -> str:
    """As Markdown."""
    return BEGINNING + "".join(map(_section, sorted(KINDS.values(), key=lambda kind: kind.kind())))


def _section(kind: type[Kind[Any]]) -> str:
    words = "\n\n".join(" ".join(lines.split()) for lines in (kind.__doc__ or "").strip().split("\n\n"))
    example = yaml.dump(
        [{"kind": kind.kind(), **_with_paths(dict(kind.example))}],
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=None,
        width=100,
    )
    return f"\n### {kind.kind()}\n\n{words}\n\n```yaml\n{example}```\n"


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def _with_paths(plain: Any, above: str = "") -> Any:
    """Paths as authors write them, in place of hashes."""
    if isinstance(plain, dict):
        return {key: _with_paths(value, f"{above} {key}") for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [_with_paths(item, above) for item in plain]
    if isinstance(plain, str) and (found := re.fullmatch(r"sha256:(.)\1{63}", plain)):
        return f"media/{found[1]}.{'mp3' if 'audio' in above else 'webp'}"
    return plain


if __name__ == "__main__":
    sys.stdout.write(page())
