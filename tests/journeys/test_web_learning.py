"""Learning in the web client as people do it: at once, by the keyboard, and where there is no network."""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.async_api import Error, Locator, Response, expect

from app.demo.knowledge import Knowledge
from journeys.browsing import PATIENCE_S, Visit, browsing, needs_browser

pytestmark = needs_browser

_TASKS = {
    "Choose the right one": "multiple_choice",
    "Build the sentence": "word_bank",
    "Translate": "translate",
    "Match the pairs": "match_pairs",
}
LATER = "The server grades it when you are back."


class Pupil:
    """Somebody in front of the page who knows Spanish. What is asked is told from what the page shows, out of all
    exercises that were ever sent to it."""

    def __init__(self, visit: Visit, knowledge: Knowledge, chance: random.Random) -> None:
        self.visit, self.page, self._knowledge, self._chance = visit, visit.page, knowledge, chance
        self._sent: dict[tuple[str, str], dict[str, Any]] = {}
        self._hearing: list[asyncio.Future[None]] = []
        self.page.on("response", self._hear)

    def _hear(self, answer: Response) -> None:
        if "/api/" in answer.url and answer.ok and re.search(r"/(sessions|bundle)(/[^/]+)?$", answer.url):
            self._hearing.append(asyncio.ensure_future(self._take_note(answer)))

    async def _take_note(self, answer: Response) -> None:
        # It is gone with the page that asked: then the browser says so, or nothing at all.
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                found = await answer.json()
            for session in found.get("sessions", [found]):
                for exercise in session.get("exercises", ()):
                    prompt = exercise["prompt"]
                    shown = prompt.get("text") or "|".join(sorted(prompt["left"]))
                    self._sent[exercise["kind"], shown] = exercise

    async def arrive(self) -> None:
        """As a visitor who presses the one button that there is."""
        await self.visit.go("/")
        await self.visit.press("Start learning")
        await self.button("Check").wait_for()

    def button(self, name: str) -> Locator:
        found: Locator = self.page.get_by_role("button", name=name, exact=True)
        return found

    async def _asked(self) -> dict[str, Any]:
        await asyncio.gather(*self._hearing)
        task = await self.page.get_by_role("heading", level=1).inner_text()
        kind = _TASKS[task.removeprefix("Once more: ")]
        if kind == "match_pairs":
            left = await _texts(self.page.get_by_role("group", name="Left").get_by_role("button"))
            return self._sent[kind, "|".join(sorted(left))]
        return self._sent[kind, await self.page.locator("main p[lang]").first.inner_text()]

    async def answer(self, *, right: bool = True) -> None:
        exercise = await self._asked()
        prompt = exercise["prompt"]
        given = self._knowledge.answer(exercise["kind"], prompt, right=right, chance=self._chance)
        match exercise["kind"]:
            case "multiple_choice":
                [chosen] = [option["text"] for option in prompt["options"] if option["id"] == given]
                await self._press_digit_of(chosen, self.page.get_by_role("option"))
            case "translate":
                await self.page.get_by_role("textbox").fill(given)
            case "word_bank":
                for word in given:
                    tile = self.page.get_by_role("group", name="Words").get_by_role("button", name=word, exact=True)
                    await tile.and_(self.page.locator(":enabled")).first.click()
            case _:
                for pair in given:
                    for side, text in zip(("Left", "Right"), pair, strict=True):
                        await self._press_digit_of(
                            text, self.page.get_by_role("group", name=side).get_by_role("button")
                        )
                await expect(self.button("Check")).to_be_focused()
        await self.button("Check").click()
        await self.button("Continue").wait_for()

    async def _press_digit_of(self, text: str, lines: Locator) -> None:
        """By what is shown: the same exercise may have been sent in another session, too, in another order."""
        await self.page.keyboard.press(str((await _texts(lines)).index(text) + 1))

    async def go_on(self) -> None:
        await self.page.keyboard.press("Enter")
        over = self.page.get_by_role("heading", name=re.compile("^(Lesson done|Done)"))
        await self.button("Check").or_(over).first.wait_for()

    async def take(self, answers: int) -> None:
        for _ in range(answers):
            await self.answer()
            await self.go_on()

    async def finish(self) -> None:
        while await self.button("Check").is_visible():
            await self.take(1)

    async def keeps_the_client(self) -> None:
        """Waits until the page can be opened without a network."""
        await self.page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")

    async def history(self) -> list[str]:
        """What the server knows of the sessions, the newest first."""
        await self.visit.go("/practice/history")
        lines = self.page.get_by_text(re.compile(r"^\d+ of \d+ right$"))
        await lines.first.wait_for()
        found: list[str] = await lines.all_inner_texts()
        return found


async def _texts(lines: Locator) -> list[str]:
    """Without the digits before them, and the marks of pairs behind."""
    return [text.split("\n")[1] for text in await lines.all_inner_texts()]


@pytest.fixture
async def pupil(url: str, knowledge: Knowledge, chance: random.Random) -> AsyncIterator[Pupil]:
    async with browsing(url, reduced_motion="reduce") as visit:
        yield Pupil(visit, knowledge, chance)


async def test_a_guest_is_in_a_lesson_by_one_click_and_finishes_it(pupil: Pupil) -> None:
    await pupil.arrive()
    await pupil.answer(right=False)
    await expect(pupil.page.get_by_role("heading", name="Not quite")).to_be_visible()
    assert await pupil.visit.barriers() == []
    await pupil.go_on()
    await pupil.take(11)
    # What was wrong comes back at the end.
    await expect(pupil.page.get_by_role("heading", level=1)).to_contain_text("Once more: ")
    await pupil.finish()
    await expect(pupil.page.get_by_text("day in a row")).to_be_visible()
    assert await pupil.visit.barriers() == []
    await pupil.page.keyboard.press("Enter")
    await expect(pupil.page.get_by_text("1 of 3 lessons done")).to_be_visible()
    assert await pupil.visit.barriers() == []
    await pupil.visit.go("/practice")
    await pupil.visit.press("Begin: Flashcards", "link")
    await pupil.button("Show the back").wait_for()
    await pupil.page.keyboard.press("Enter")
    await pupil.page.get_by_role("group", name="How well did you know it?").wait_for()
    assert await pupil.visit.barriers() == []
    await pupil.page.keyboard.press("3")
    await expect(pupil.page.get_by_role("progressbar")).not_to_have_attribute("aria-valuenow", "0")


async def test_a_line_that_is_cut_in_mid_lesson_loses_nothing_and_doubles_nothing(pupil: Pupil) -> None:
    await pupil.arrive()
    await pupil.take(3)
    await pupil.page.keyboard.press("Escape")
    await pupil.page.get_by_role("dialog").get_by_role("button", name="Leave").click()
    await pupil.visit.reads("Continue – 3 of 12 answered")
    await pupil.visit.press("Continue")
    await pupil.button("Check").wait_for()
    await pupil.keeps_the_client()
    await pupil.page.context.set_offline(True)
    await pupil.answer()
    await pupil.visit.reads(LATER)
    await pupil.go_on()
    await pupil.take(2)
    # Whoever closes the page meanwhile finds the lesson where it was.
    await pupil.page.reload()
    await pupil.button("Check").wait_for()
    await pupil.take(1)
    await pupil.page.context.set_offline(False)
    await pupil.finish()
    await expect(pupil.page.get_by_text("day in a row")).to_be_visible()
    assert await pupil.history() == ["12 of 12 right"]


async def test_a_lesson_that_was_taken_along_is_learned_without_a_network_and_counts_with_one(pupil: Pupil) -> None:
    async with pupil.page.expect_response(re.compile("/bundle$")):
        await pupil.arrive()
        await pupil.visit.go("/learn")
    await pupil.keeps_the_client()
    await pupil.page.context.set_offline(True)
    await pupil.page.reload()
    await expect(pupil.page.get_by_role("heading", name="Lessons on this device")).to_be_visible()
    assert await pupil.visit.barriers() == []
    await pupil.visit.press("Start: Who are you?")
    await pupil.button("Check").wait_for()
    await pupil.finish()
    await expect(pupil.page.get_by_role("heading", name="Done, and kept here")).to_be_visible()
    await pupil.visit.press("Continue")
    await pupil.page.context.set_offline(False)
    await pupil.visit.reads("All that you learned offline was sent.")
    await pupil.visit.reads("1 lesson finished: ")
    assert "12 of 12 right" in await pupil.history()
