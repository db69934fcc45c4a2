"""Names for learners: enough for a crowd in which no two lines of a board look alike."""

import random

GIVEN = [
    "Ada",
    "Akira",
    "Amara",
    "Anouk",
    "Arun",
    "Bea",
    "Bruno",
    "Carmen",
    "Chidi",
    "Dana",
    "Davor",
    "Elif",
    "Emeka",
    "Esra",
    "Fatou",
    "Felix",
    "Freya",
    "Gael",
    "Hana",
    "Hugo",
    "Ines",
    "Ivan",
    "Jana",
    "Jonas",
    "Kenji",
    "Kofi",
    "Lale",
    "Leila",
    "Linh",
    "Luca",
    "Maja",
    "Malik",
    "Mina",
    "Nadia",
    "Nia",
    "Noor",
    "Olga",
    "Omar",
    "Paz",
    "Priya",
    "Quentin",
    "Rania",
    "Rosa",
    "Ruben",
    "Sami",
    "Sofia",
    "Tariq",
    "Tomas",
    "Uma",
    "Vera",
    "Viktor",
    "Wanda",
    "Xenia",
    "Yara",
    "Yusuf",
    "Zoe",
]
INITIALS = "ABCDEFGHIJKLMNOPRSTVWYZ"


def names(count: int, chance: random.Random) -> list[str]:
    """`count` names, all different."""
    found: dict[str, None] = {}
    plain = chance.sample(GIVEN, len(GIVEN))
    found.update(dict.fromkeys(plain[:count]))
    while len(found) < count:
        number = len(found)
        name = f"{chance.choice(GIVEN)} {chance.choice(INITIALS)}."
        found.setdefault(name if number < 600 else f"{name} {number}")
    return list(found)
