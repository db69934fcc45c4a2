"""The actor runtime alone, under a clock that the tests turn."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.actor import Actor, Post
from realtime.mailbox import Mailbox
from realtime.supervisor import Policy, Supervisor


class HandClock:
    """Time stands still until `advance`."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Any:
        self.timers.append((self.now + delay_s, callback))

    async def sleep(self, delay_s: float) -> None:
        done = asyncio.Event()
        self.call_later(delay_s, done.set)
        await done.wait()

    async def advance(self, seconds: float) -> None:
        self.now += seconds
        due = [timer for timer in self.timers if timer[0] <= self.now]
        self.timers = [timer for timer in self.timers if timer[0] > self.now]
        for _, callback in due:
            callback()
        await settle()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


class Recorder(Actor[Any]):
    """Writes down what happens to it; the message `crash` breaks it, an event makes it wait."""

    def __init__(self, key: str, post: Post[Any], log: list[Any]) -> None:
        self.key, self.post, self.log = key, post, log
        self.receiving = False

    async def on_start(self) -> None:
        self.log.append("start")

    async def receive(self, message: Any) -> None:
        assert not self.receiving
        self.receiving = True
        if isinstance(message, asyncio.Event):
            await message.wait()
        elif message == "crash":
            raise RuntimeError("as asked")
        else:
            await asyncio.sleep(0)
            self.log.append(message)
        self.receiving = False

    async def on_stop(self) -> None:
        self.log.append("stop")
        await asyncio.sleep(0)


class Stage:
    def __init__(self, **policy: Any) -> None:
        self.clock = HandClock()
        self.log: list[Any] = []
        self.crashes: list[str] = []
        self.supervisor = Supervisor(
            lambda key, post: Recorder(key, post, self.log),
            clock=self.clock,
            policy=Policy(**policy),
            on_crash=self.crashes.append,
        )

    async def post(self, *messages: Any) -> None:
        for message in messages:
            assert self.supervisor.post("a", message)
        await settle()


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL", "realtime.supervisor")


Step = tuple[str, int | None, int]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.one_of(st.none(), st.integers(0, 3)), st.integers()),
        st.tuples(st.just("take"), st.none(), st.just(0)),
    )
)


@given(steps, st.integers(1, 6))
def test_a_mailbox_is_bounded_keeps_order_and_the_newest_of_a_key(sequence: list[Step], capacity: int) -> None:
    box: Mailbox[tuple[int | None, int]] = Mailbox(capacity)
    model: list[tuple[int | None, int]] = []
    for verb, key, value in sequence:
        if verb == "take":
            assert box.take() == (model.pop(0) if model else None)
            continue
        same = [at for at, letter in enumerate(model) if key is not None and letter[0] == key]
        fits = bool(same) or len(model) < capacity
        assert box.put((key, value), key) is fits
        if same:
            model[same[0]] = (key, value)
        elif fits:
            model.append((key, value))
        assert len(box) == len(model) <= capacity


async def test_the_first_mail_spawns_and_all_mail_is_handled_in_order() -> None:
    stage = Stage()
    await stage.post(1, 2, 3)
    await settle()
    assert stage.log == ["start", 1, 2, 3]


async def test_posting_never_waits_and_answers_false_when_full() -> None:
    stage = Stage(mailbox_capacity=2)
    gate = asyncio.Event()
    await stage.post(gate)
    answers = [stage.supervisor.post("a", n) for n in range(4)]
    assert answers == [True, True, False, False]
    gate.set()
    await settle()
    assert stage.log == ["start", 0, 1]


async def test_equal_keys_are_conflated_while_the_actor_is_busy() -> None:
    stage = Stage()
    gate = asyncio.Event()
    await stage.post(gate)
    for n in range(100):
        assert stage.supervisor.post("a", n, conflate_key="board")
    stage.supervisor.post("a", "after")
    gate.set()
    await settle()
    assert stage.log == ["start", 99, "after"]


async def test_no_spawn_without_being_asked() -> None:
    stage = Stage()
    assert stage.supervisor.post("a", 1, spawn=False) is False
    assert "a" not in stage.supervisor


async def test_a_crash_restarts_with_growing_delay_and_keeps_the_other_mail() -> None:
    stage = Stage(first_delay_s=1.0, crashes_allowed=3)
    await stage.post("crash", 1, "crash", 2)
    assert stage.log == ["start"]
    await stage.clock.advance(0.9)
    assert stage.log == ["start"]
    await stage.clock.advance(0.1)
    assert stage.log == ["start", "start", 1]
    await stage.clock.advance(1.9)
    assert stage.log == ["start", "start", 1]
    await stage.clock.advance(0.1)
    assert stage.log == ["start", "start", 1, "start", 2]
    assert stage.crashes == ["a", "a"]


async def test_too_many_crashes_drop_it_and_the_next_mail_spawns_a_fresh_one() -> None:
    stage = Stage(first_delay_s=1.0, longest_delay_s=1.0, crashes_allowed=2)
    await stage.post("crash", "crash", "crash", "lost")
    for _ in range(3):
        await stage.clock.advance(1.0)
    assert "a" not in stage.supervisor
    await stage.post("fresh")
    assert stage.log[-2:] == ["start", "fresh"]
    assert "lost" not in stage.log


async def test_the_idle_go_to_rest_and_the_busy_do_not() -> None:
    stage = Stage(idle_s=30.0)
    await stage.post(1)
    await stage.clock.advance(29.0)
    stage.supervisor.sweep()
    await settle()
    assert "a" in stage.supervisor
    await stage.clock.advance(1.0)
    stage.supervisor.sweep()
    await settle()
    assert "a" not in stage.supervisor
    assert stage.log == ["start", 1, "stop"]


async def test_mail_that_arrives_while_stopping_revives() -> None:
    stage = Stage(idle_s=1.0)
    await stage.post(1)
    await stage.clock.advance(2.0)
    stage.supervisor.sweep()
    while "stop" not in stage.log:
        await asyncio.sleep(0)
    assert stage.supervisor.post("a", 2)
    await settle()
    assert stage.log == ["start", 1, "stop", "start", 2]
    assert "a" in stage.supervisor


async def test_own_timers_die_with_the_actor() -> None:
    stage = Stage(idle_s=1.0)
    posts: list[Post[Any]] = []
    stage.supervisor = Supervisor(
        lambda key, post: (posts.append(post), Recorder(key, post, stage.log))[1],
        clock=stage.clock,
        policy=Policy(idle_s=1.0),
    )
    await stage.post(1)
    posts[0]("tick", after_s=0.5)
    await stage.clock.advance(0.5)
    assert stage.log == ["start", 1, "tick"]
    posts[0]("late", after_s=10.0)
    await stage.clock.advance(2.0)
    stage.supervisor.sweep()
    await settle()
    await stage.clock.advance(10.0)
    assert "a" not in stage.supervisor
    assert "late" not in stage.log


async def test_closing_handles_what_was_accepted_and_cuts_off_the_stuck() -> None:
    stage = Stage()
    await stage.post(1)
    stage.supervisor.post("a", 2)
    stage.supervisor.post("stuck", asyncio.Event())
    await settle()
    await stage.supervisor.stop(deadline_s=0.1)
    assert stage.log == ["start", 1, "start", 2, "stop"] or stage.log == ["start", 1, 2, "start", "stop"]
    assert not stage.supervisor.living()
    assert stage.supervisor.post("a", 3) is False
