"""Authors in a browser: from an empty course to what learners get, two at once, and a file that is not right."""

import secrets
import subprocess
from pathlib import Path

import pytest

from journeys.browsing import PASSWORD, Visit, browsing, needs_browser
from journeys.served import LYCEUM

pytestmark = needs_browser

BAD = """lyceum: 1
course: {slug: SLUG, title: Numbers, learning: es, from: en}
sections:
  - key: one
    title: One
    units:
      - key: first
        title: First
        lessons:
          - key: uno
            title: Uno
            exercises:
              - {key: a, kind: translate, text: uno, acceptd: [one]}
"""


@pytest.fixture
def author(environment: dict[str, str]) -> str:
    """The address of a new one."""
    email = f"{secrets.token_hex(4)}@authors.example"
    command = [LYCEUM, "create-user", "--email", email, "--role", "author", "--name", "Ada"]
    subprocess.run(command, env=environment, input=PASSWORD, text=True, check=True, capture_output=True, timeout=60)
    return email


async def enter(visit: Visit, email: str) -> None:
    await visit.go("/login")
    await visit.log_in(email)
    await visit.page.wait_for_url("**/learn")
    await visit.go("/author")


async def named(visit: Visit, under: str, what: str, title: str) -> None:
    await visit.press(f"Actions for {under}")
    await visit.press(what, "menuitem")
    await visit.fill("Title", title)
    await visit.press("Save")
    await visit.page.get_by_role("row", name=title).wait_for()


async def by_keyboard_up(visit: Visit, title: str) -> None:
    """Drags a lesson before the one above it; the focus stays on it."""
    page = visit.page
    await page.get_by_role("row", name=title).focus()
    for key in ("ArrowRight", "Enter", "ArrowUp", "ArrowUp"):
        await page.keyboard.press(key)
    await page.locator("[aria-label='Insert before Counting']:focus").wait_for(state="attached")
    await page.keyboard.press("Enter")
    await page.locator("[role=row]:focus").filter(has_text=title).wait_for()
    rows = await page.get_by_role("row").all_inner_texts()
    assert [row.split("\n")[0] for row in rows] == ["One", "First", title, "Counting"]


async def test_an_author_writes_tries_and_publishes_and_nobody_is_overwritten(url: str, author: str) -> None:
    async with browsing(url) as visit:
        page = visit.page
        await enter(visit, author)
        await visit.press("New course")
        await visit.fill("Title", "Numbers")
        await visit.fill("Language that is learned", "es")
        await visit.press("Make course")
        await visit.press("Add section")
        await visit.fill("Title", "One")
        await visit.press("Save")
        await named(visit, "One", "Add unit", "First")
        await named(visit, "First", "Add lesson", "Counting")
        await named(visit, "First", "Add lesson", "Colours")
        await by_keyboard_up(visit, "Colours")
        await visit.press("Actions for Colours")
        await visit.press("Delete", "menuitem")
        await visit.press("Delete")
        await visit.reads("“Colours” was deleted.")
        assert await visit.barriers() == []
        await page.get_by_role("row", name="Counting").get_by_text("Counting").click()
        await visit.press("Add exercise")
        await page.get_by_role("button", name="Multiple choice").click()
        await visit.fill("Text", "dos")
        await page.get_by_role("textbox", name="Options", exact=True).fill("one\ntwo")
        await page.get_by_label("Right answer").select_option("two")
        await visit.press("Try it")
        preview = page.get_by_role("region", name="What learners see")
        await preview.get_by_role("option", name="one").click()
        await preview.get_by_role("button", name="Check").click()
        await preview.get_by_text("Right answer:").wait_for()
        await visit.press("Save")
        await page.wait_for_url(lambda address: "/exercise/" in address and "/new" not in address)

        other = await page.context.new_page()
        await other.goto(page.url)
        await other.get_by_label("Text", exact=True).fill("tres")
        await visit.fill("Text", "dos (2)")
        await visit.press("Save")
        await visit.reads("All is saved")
        await other.get_by_role("button", name="Save", exact=True).click()
        await other.get_by_role("radio", name="Theirs").click()
        await other.get_by_role("button", name="Save what I chose").click()
        await other.get_by_text("All is saved").wait_for()
        assert await other.get_by_label("Text", exact=True).input_value() == "dos (2)"
        await other.close()

        await visit.press("Publish", "link")
        await visit.reads("It can be published")
        assert await visit.barriers() == []
        await visit.press("Publish")
        await page.get_by_role("dialog").get_by_role("button", name="Publish").click()
        await visit.press("History", "link")
        await visit.reads("Learners get this")
        # Guests of other journeys begin with the course that is there for everybody.
        await visit.press("Retire course")
        await page.get_by_role("dialog").get_by_role("button", name="Retire course").click()
        await visit.reads("The course takes no new learners.")


async def test_a_file_that_is_not_right_is_told_by_its_lines(url: str, author: str, tmp_path: Path) -> None:
    file = tmp_path / "numbers.yaml"
    file.write_text(BAD.replace("SLUG", f"numbers-{secrets.token_hex(4)}"))
    async with browsing(url) as visit:
        await enter(visit, author)
        await visit.press("Import")
        await visit.page.locator("input[type=file]").set_input_files(file)
        await visit.press("Send")
        await visit.reads("Nothing was imported")
        await visit.page.get_by_role("cell", name="numbers.yaml:13").first.wait_for()
        assert await visit.barriers() == []
