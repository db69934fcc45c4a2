"""Names of languages as people write them into files: in English, and in the language itself."""

_NAMES = """
ar Arabic العربية|bg Bulgarian български|bn Bengali বাংলা|ca Catalan català|cs Czech čeština|cy Welsh Cymraeg
da Danish dansk|de German Deutsch|el Greek Ελληνικά|en English English|eo Esperanto Esperanto|es Spanish español
et Estonian eesti|eu Basque euskara|fa Persian فارسی|fi Finnish suomi|fr French français|ga Irish Gaeilge
gl Galician galego|he Hebrew עברית|hi Hindi हिन्दी|hr Croatian hrvatski|hu Hungarian magyar|id Indonesian Indonesia
is Icelandic íslenska|it Italian italiano|ja Japanese 日本語|ko Korean 한국어|la Latin Latina|lt Lithuanian lietuvių
lv Latvian latviešu|nb Norwegian norsk|nl Dutch Nederlands|pl Polish polski|pt Portuguese português|ro Romanian română
ru Russian русский|sk Slovak slovenčina|sl Slovenian slovenščina|sq Albanian shqip|sr Serbian српски|sv Swedish svenska
sw Swahili Kiswahili|ta Tamil தமிழ்|th Thai ไทย|tr Turkish Türkçe|uk Ukrainian українська|ur Urdu اردو
vi Vietnamese Tiếng Việt|zh Chinese 中文
"""

_ENTRIES = [entry.split(" ", 2) for line in _NAMES.split("\n") if line for entry in line.split("|")]
_ENGLISH = {tag: english for tag, english, _ in _ENTRIES}
_TAGS = {name.lower(): tag for tag, english, own in _ENTRIES for name in (english, own)}


def name_of(tag: str) -> str:
    """In English; the tag itself where it is not known."""
    return _ENGLISH.get(tag, _ENGLISH.get(tag.partition("-")[0], tag))


def tag_of(name: str) -> str | None:
    return _TAGS.get(name.lower())
