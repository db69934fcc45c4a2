"""What learners live through, from outside: two server processes, python-socketio's client, no access to the inside."""

import random
import secrets
from contextlib import AsyncExitStack

import anyio

from app.demo.knowledge import Knowledge
from journeys.served import Ears, Visitor


async def test_a_learners_lesson_moves_another_learners_league(
    ada: Visitor, ben: Visitor, lessons: list[str], knowledge: Knowledge, chance: random.Random
) -> None:
    place = (await ada.take(lessons[0], knowledge, chance))["league"]
    ears = Ears()
    async with ada.socket(ears) as socket:
        await ears.heard("stream.ready", resumed=False)
        assert await socket.call("league.watch", {"league_id": place["id"]}) == {"ok": True}
        snapshot = await ears.heard("league.snapshot", league_id=place["id"])
        assert ada.id in {line["user_id"] for line in snapshot["entries"]}
        completed = await ben.take(lessons[0], knowledge, chance)
        assert completed["league"]["id"] == place["id"]
        await ears.heard_xp(ben.id, completed["xp_total"])
        versions = [frame["version"] for name, frame in ears.frames if name.startswith("league.")]
        assert versions == sorted(versions)
    board = await ada.call("GET", f"/leaderboards/{place['id']}")
    assert {ada.id, ben.id} <= {line["user_id"] for line in board["entries"]}


async def test_whoever_was_away_gets_what_was_missed_in_order(
    ada: Visitor, lessons: list[str], knowledge: Knowledge, chance: random.Random
) -> None:
    before, after = Ears(), Ears()
    async with ada.socket(before):
        ready = await before.heard("stream.ready")
    completed = await ada.take(lessons[0], knowledge, chance)
    async with ada.socket(after, epoch=ready["epoch"], seq=ready["seq"]):
        await after.heard("stream.ready", resumed=True, truncated=False, seq=ready["seq"])
        await after.heard("lesson.completed", xp_total=completed["xp_total"])
        # Written by jobs, in any order: one for the lesson, one for the league.
        for kind in ("lesson_completed", "league_entered"):
            await after.heard("notification.created", kind=kind)
        seqs = [payload["seq"] for name, payload in after.frames if name != "stream.ready"]
        assert seqs == list(range(ready["seq"] + 1, ready["seq"] + 1 + len(seqs)))
        answered = [frame["answered"] for frame in after.named("progress.changed")]
        # Two processes took the answers, and one may number its frame later than the other: each says all there is.
        assert sorted(answered) == list(range(1, len(answered) + 1))
    again = Ears()
    async with ada.socket(again, epoch=ready["epoch"], seq=seqs[-1]):
        await again.heard("stream.ready", resumed=True, seq=seqs[-1])
        await anyio.sleep(0.2)
        # Jobs may still have something to tell; nothing that was told before.
        assert all(payload["seq"] > seqs[-1] for name, payload in again.frames if name != "stream.ready")


async def test_the_same_answer_twice_counts_once_over_rest_and_socket(
    ada: Visitor, lessons: list[str], knowledge: Knowledge, chance: random.Random
) -> None:
    session = await ada.begin(lessons[0])
    first, second, *_ = session["exercises"]
    key = secrets.token_hex(8)
    answer = knowledge.answer(first["kind"], first["prompt"], right=True, chance=chance)
    graded = await ada.submit(session, first, answer, key)
    assert await ada.submit(session, first, answer, key) == graded
    ears = Ears()
    async with ada.socket(ears) as socket:
        # A stream without a position begins at its head: a frame from before this moment is not repeated.
        await ears.heard("stream.ready")
        frame = {"session_id": session["id"], "exercise_id": first["id"], "answer": answer, "elapsed_ms": 1, "key": key}
        assert await socket.call("answer.submit", frame) == {"ok": True, **graded}
        given = knowledge.answer(second["kind"], second["prompt"], right=False, chance=chance)
        frame = {**frame, "exercise_id": second["id"], "answer": given, "key": secrets.token_hex(8)}
        said = await socket.call("answer.submit", frame)
        assert (said["ok"], said["answered"], said["correct"]) == (True, 2, False)
        assert await socket.call("answer.submit", frame) == said
        refused = await socket.call("answer.submit", {**frame, "key": secrets.token_hex(8)})
        assert (refused["ok"], refused["code"]) == (False, "learning.already_answered")
        await ears.heard("progress.changed", answered=2, correct=False, hearts=said["hearts"])
    assert (await ada.call("GET", f"/sessions/{session['id']}"))["answered"] == 2


async def test_clients_of_different_processes_see_each_others_changes(
    url: str, ada: Visitor, ben: Visitor, lessons: list[str], knowledge: Knowledge, chance: random.Random
) -> None:
    place = (await ada.take(lessons[0], knowledge, chance))["league"]
    rooms = [Ears() for _ in range(12)]
    async with AsyncExitStack() as stack:
        # Connections spread over the processes behind the port: twelve on one of two only would be a wonder.
        for ears in rooms:
            socket = await stack.enter_async_context(ada.socket(ears))
            assert (await socket.call("league.watch", {"league_id": place["id"]}))["ok"]
        for ears in rooms:
            await ears.heard("stream.ready")
            await ears.heard("league.snapshot")
        completed = await ben.take(lessons[1], knowledge, chance)
        own = await ada.take(lessons[1], knowledge, chance)
        for ears in rooms:
            await ears.heard_xp(ben.id, completed["xp_total"])
            await ears.heard_xp(ada.id, own["xp_total"])
            await ears.heard("lesson.completed", xp_total=own["xp_total"])
            seqs = [payload["seq"] for name, payload in ears.frames if "seq" in payload and name != "stream.ready"]
            assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


async def test_a_league_of_others_cannot_be_watched(
    ada: Visitor, ben: Visitor, lessons: list[str], knowledge: Knowledge, chance: random.Random
) -> None:
    place = (await ada.take(lessons[0], knowledge, chance))["league"]
    ears = Ears()
    async with ben.socket(ears) as socket:
        said = await socket.call("league.watch", {"league_id": place["id"]})
        assert (said["ok"], said["code"]) == (False, "realtime.not_found")


async def test_what_is_read_on_one_device_is_told_to_the_other(
    ada: Visitor, lessons: list[str], knowledge: Knowledge, chance: random.Random
) -> None:
    phone, laptop = Ears(), Ears()
    async with ada.socket(phone), ada.socket(laptop):
        await phone.heard("stream.ready")
        await laptop.heard("stream.ready")
        await ada.take(lessons[0], knowledge, chance)
        told = await laptop.heard("notification.created", kind="lesson_completed")
        await ada.call("POST", f"/notifications/{told['id']}/read")
        for ears in (phone, laptop):
            await ears.heard("notification.read", id=told["id"], all=False, archived=False)
        await ada.call("POST", "/notifications/read-all")
        await phone.heard("notification.read", id=None, all=True, unread=0)
