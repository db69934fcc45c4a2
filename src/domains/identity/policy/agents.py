"""What a device is called in a list of logins: words for people out of what a program says about itself.

Nothing is decided by it: anybody may send any User-Agent.
"""

import re

UNKNOWN = "Unknown device"

# The first that matches counts: most programs also name those that they descend from.
_PROGRAMS = (
    (re.compile(r"\bLyceum/"), "Lyceum app"),
    (re.compile(r"\bEdg(?:e|A|iOS)?/"), "Edge"),
    (re.compile(r"\b(?:OPR|Opera)/"), "Opera"),
    (re.compile(r"\bSamsungBrowser/"), "Samsung Internet"),
    (re.compile(r"\b(?:Firefox|FxiOS)/"), "Firefox"),
    (re.compile(r"\b(?:Chrome|CriOS|Chromium)/"), "Chrome"),
    (re.compile(r"\bVersion/\S+ .*\bSafari/"), "Safari"),
    (re.compile(r"\bokhttp/|\bDart/|\bCFNetwork/"), "App"),
    (re.compile(r"\bcurl/|\bpython-|\bPython/|\bnode\b|\baxios/|\bGo-http-client/"), "Script"),
)
_SYSTEMS = (
    (re.compile(r"\biPhone\b"), "iPhone"),
    (re.compile(r"\biPad\b"), "iPad"),
    (re.compile(r"\bAndroid\b"), "Android"),
    (re.compile(r"\bCrOS\b"), "ChromeOS"),
    (re.compile(r"\bWindows\b"), "Windows"),
    (re.compile(r"\bMac(?:intosh| OS)\b|\bDarwin/"), "macOS"),
    (re.compile(r"\bLinux\b|\bX11\b"), "Linux"),
)


def device_words(user_agent: str | None) -> str:
    """E.g. `Firefox on Windows`, `Safari on iPhone`, `Script`, `Android`."""
    said = user_agent or ""
    program = next((words for pattern, words in _PROGRAMS if pattern.search(said)), None)
    system = next((words for pattern, words in _SYSTEMS if pattern.search(said)), None)
    if program and system:
        return f"{program} on {system}"
    return program or system or UNKNOWN
