"""The endpoint against good, bad and slow clients."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
import socketio
import websockets
from realtime_house import PATIENCE_S, Launch, OwnRedis, Process, Progressed, Scored

from app.config import Settings
from app.live import realtime_settings
from realtime.gateway import GatewaySettings
from realtime.hub import RealtimeSettings

SHORT = RealtimeSettings(
    gateway=GatewaySettings(connect_deadline_s=0.4, closing_grace_s=0.3, queue_limit=50), check_sessions_every_s=0.2
)


@asynccontextmanager
async def raw(process: Process, **options: Any) -> AsyncIterator[websockets.ClientConnection]:
    """A websocket that speaks the protocol by hand."""
    url = f"ws://127.0.0.1:{process.port}/socket.io/?EIO=4&transport=websocket"
    async with websockets.connect(url, compression=None, close_timeout=0.2, **options) as line:
        assert str(await line.recv()).startswith("0{")
        yield line


async def log_in(line: websockets.ClientConnection, token: object) -> str:
    await line.send("40" + json.dumps({"token": str(token)}))
    return str(await line.recv())


async def test_long_polling_can_be_switched_off(launch: Launch, shared_redis: OwnRedis) -> None:
    process = await launch(shared_redis, settings=realtime_settings(Settings(long_polling=False), mark=""))
    with pytest.raises(socketio.exceptions.ConnectionError):
        await process.client().connect(uuid4(), transports=("polling",))
    await process.joined()


@pytest.mark.parametrize("way", ["direct", "asgi"])
@pytest.mark.parametrize("transports", [("websocket",), ("polling",), ("polling", "websocket")])
async def test_every_transport_carries_frames_and_acknowledgements(
    launch: Launch, shared_redis: OwnRedis, way: Any, transports: tuple[str, ...]
) -> None:
    process = await launch(shared_redis, way=way)
    user = uuid4()
    client = process.client()
    await client.connect(user, transports=transports)
    await client.until("stream.ready")
    process.hub.deliver([Progressed(user_id=user, answered=n) for n in range(20)])
    frames = await client.until("progress.changed", 20)
    assert [frame["seq"] for frame in frames] == list(range(1, 21))
    assert await client.sio.call("session.watch", {"session_id": str(user)}) == {"ok": True}
    if transports == ("polling",):
        # The client's own disconnect waits for its long poll; closing from here ends it at once.
        process.hub.disconnect_user(user)
        await asyncio.wait_for(client.gone.wait(), PATIENCE_S)


async def test_a_bad_token_is_refused_with_code_and_message(process: Process) -> None:
    for auth in ("nobody", ""):
        client = process.client()
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(auth)
        assert client.refusals == [
            {"message": "bad token", "data": {"code": "unauthenticated", "message": "bad token"}}
        ]
    async with raw(process) as line:
        await line.send("40")
        assert "unauthenticated" in str(await line.recv())
        await line.send('40{"token":1,"x":2}')
        assert "realtime.bad_payload" in str(await line.recv())


async def test_an_answer_is_handed_on_and_acknowledged_with_its_body(process: Process) -> None:
    client = await process.joined()
    answer = {"session_id": str(uuid4()), "exercise_id": str(uuid4()), "answer": ["x"], "elapsed_ms": 5, "key": "k"}
    said = await client.sio.call("answer.submit", answer)
    assert (said["ok"], said["verdict"], said["answered"]) == (True, "exact", 1)
    too_long = {**answer, "elapsed_ms": 86_400_001}
    for wrong in (
        too_long, {**answer, "elapsed_ms": -1}, {**answer, "key": ""}, {**answer, "xp": 99}, {}, "text", None, [1],
    ):  # fmt: skip
        assert (await client.sio.call("answer.submit", wrong))["code"] == "realtime.bad_payload"
    assert (await client.sio.call("answer.submit", {**answer, "answer": "boom"}))["code"] == "internal"
    assert len(process.world.answers) == 1


async def test_answers_of_one_client_stay_in_order(process: Process) -> None:
    client = await process.joined()
    base = {"session_id": str(uuid4()), "exercise_id": str(uuid4()), "elapsed_ms": 5}
    for n in range(150):
        await client.sio.emit("answer.submit", {**base, "answer": n, "key": str(n)})
    async with asyncio.timeout(PATIENCE_S):
        while len(process.world.answers) < 150:
            await asyncio.sleep(0.01)
    assert [answer.answer for answer in process.world.answers] == list(range(150))


async def test_unknown_events_and_rooms_are_answered_with_a_code(process: Process) -> None:
    client = await process.joined()
    assert (await client.sio.call("no.such", {}))["code"] == "realtime.unknown_event"
    assert (await client.sio.call("session.watch", {"session_id": str(uuid4())}))["code"] == "realtime.not_found"
    reply = await client.sio.call("classroom.watch", {"classroom_id": str(uuid4())})
    assert reply["code"] == "realtime.not_found"


async def test_reserved_names_sent_as_events_run_no_handler(process: Process) -> None:
    victim, other = uuid4(), uuid4()
    async with raw(process) as line:
        assert "sid" in await log_in(line, victim)
        await line.recv()
        logins = process.world.logins
        forged = {"token": str(other)}
        for n, event in enumerate(("connect", "disconnect", "connect_error", "message", "__class__")):
            await line.send(f"42{n}" + json.dumps([event, "sid", forged]))
            assert json.loads(str(await line.recv()).removeprefix(f"43{n}"))[0]["code"] == "realtime.unknown_event"
        assert process.world.logins == logins
        process.hub.deliver([Progressed(user_id=victim, answered=1), Progressed(user_id=other, answered=2)])
        assert '"answered":1' in str(await line.recv())


async def test_without_a_login_no_event_is_heard(process: Process) -> None:
    league, member = uuid4(), uuid4()
    process.world.boards.award(league, member, 1)
    async with raw(process) as line:
        await line.send('420["league.watch",' + json.dumps({"league_id": str(league)}) + "]")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(line.recv(), 0.2)


async def test_one_person_has_a_limited_number_of_sockets(launch: Launch, shared_redis: OwnRedis) -> None:
    process = await launch(shared_redis, settings=RealtimeSettings(gateway=GatewaySettings(sockets_per_user=2)))
    user = uuid4()
    for _ in range(2):
        await process.joined(user)
    third = process.client()
    with pytest.raises(socketio.exceptions.ConnectionError):
        await third.connect(user)
    assert third.refusals[0]["data"]["code"] == "realtime.too_many_sockets"
    await process.joined(uuid4())


async def test_a_persons_sockets_are_counted_without_looking_at_everybodys(process: Process) -> None:
    class Unseen(dict[str, Any]):
        def values(self) -> Any:
            raise AssertionError("looked at every socket of the process")

    gateway = process.hub._gateway
    gateway._by_sid = Unseen()
    user, other = uuid4(), uuid4()
    clients = [await process.joined(user) for _ in range(3)] + [await process.joined(other)]
    assert {user_id: len(person.peers) for user_id, person in gateway._people.items()} == {user: 3, other: 1}
    await clients[0].sio.disconnect()
    refused = process.client()
    with pytest.raises(socketio.exceptions.ConnectionError):
        await refused.connect("nobody")
    process.hub.disconnect_user(user)
    await clients[3].sio.disconnect()
    async with asyncio.timeout(PATIENCE_S):
        while gateway._people or gateway._by_sid:
            await asyncio.sleep(0.01)


async def test_sockets_that_never_log_in_are_closed(launch: Launch, shared_redis: OwnRedis) -> None:
    process = await launch(shared_redis, settings=SHORT)
    async with raw(process) as line:
        assert "realtime.connect_timeout" in str(await asyncio.wait_for(line.recv(), PATIENCE_S))
        await asyncio.wait_for(line.wait_closed(), PATIENCE_S)


async def test_a_socket_is_closed_when_its_token_expires(process: Process) -> None:
    client = await process.joined()
    await client.sio.disconnect()
    late = process.client()
    await late.connect(f"{uuid4()}:0.5")
    await asyncio.wait_for(late.gone.wait(), PATIENCE_S)
    assert late.of("stream.closed")[0]["code"] == "realtime.token_expired"


async def test_an_ended_login_closes_its_sockets_everywhere(launch: Launch, shared_redis: OwnRedis) -> None:
    one, two = await launch(shared_redis), await launch(shared_redis, settings=SHORT)
    user, banned = uuid4(), uuid4()
    clients = [await one.joined(user), await two.joined(user)]
    one.hub.disconnect_sessions([user])
    for client in clients:
        await asyncio.wait_for(client.gone.wait(), PATIENCE_S)
        assert client.of("stream.closed")[0]["code"] == "realtime.session_ended"
    polled = await two.joined(banned)
    two.world.dead_sessions.add(banned)
    await asyncio.wait_for(polled.gone.wait(), PATIENCE_S)


@pytest.mark.parametrize("way", ["direct", "asgi", "wrapped"])
async def test_a_client_that_does_not_read_is_closed_and_others_do_not_notice(
    launch: Launch, shared_redis: OwnRedis, way: Any
) -> None:
    process = await launch(shared_redis, settings=SHORT, way=way)
    league, me = uuid4(), uuid4()
    boards = process.world.boards
    for _ in range(300):
        boards.award(league, uuid4(), 1)
    boards.award(league, me, 1)
    good = await process.joined(me)
    await good.sio.call("league.watch", {"league_id": str(league)})
    async with raw(process, max_queue=1) as slow:
        await log_in(slow, me)
        for n in range(2000):
            process.hub.deliver([Progressed(user_id=me, answered=n)])
            # Large acknowledged snapshots fill the kernel's buffers too.
            if n % 4 == 0:
                await slow.send('42["league.unwatch",{}]')
                await slow.send('42["league.watch",' + json.dumps({"league_id": str(league)}) + "]")
            await asyncio.sleep(0.002)
            if len(process.hub._gateway._peers) == 1:
                break
        async with asyncio.timeout(PATIENCE_S):
            while len(process.hub._gateway._peers) > 1:
                await asyncio.sleep(0.05)
        async with asyncio.timeout(PATIENCE_S):
            state = process.server.server_state
            # Without the server's own object the task ends, but the server keeps what is still to be sent.
            while len(state.tasks if way == "wrapped" else state.connections) > 1:
                await asyncio.sleep(0.05)
    answered = len(good.of("progress.changed"))
    process.hub.deliver([Progressed(user_id=me, answered=9999)])
    await good.until("progress.changed", answered + 1)
    assert [frame["seq"] for frame in good.of("progress.changed")] == list(range(1, answered + 2))


HOSTILE = [
    "", "x", "4", "49", "4[", "4" + "[" * 30_000, "42" + "[" * 30_000, '42["answer.submit"', "42[]", "42[1]", "42{}",
    "42null", '42/other,["league.watch",{}]', "43[]", "439[1]", "45", '451-["a",{"_placeholder":true,"num":0}]',
    "46", "44{}", "41/x", "40/other", "40" + '{"token":' + "[" * 5_000, "3", "5", "6", "0", "2probe", "9",
    '42["answer.submit",{"answer":"\\u0000"}]', '42["\\ud800",{}]', "42" + "9" * 200 + '["a"]', b"\x00\xff",
    '42["connect"]', '42["disconnect"]', "4" + "a" * 60_000, '42["a",' + "9" * 5_000 + "]", "4\u0661",
]  # fmt: skip


@pytest.mark.parametrize("logged_in", [False, True])
async def test_malformed_frames_hurt_nobody_else(process: Process, logged_in: bool) -> None:
    user, league = uuid4(), uuid4()
    process.world.boards.award(league, user, 1)
    good = await process.joined(user)
    await good.sio.call("league.watch", {"league_id": str(league)})
    for frame in HOSTILE:
        async with raw(process) as line:
            if logged_in:
                await log_in(line, uuid4())
            for _ in range(3):
                try:
                    await line.send(frame)
                except websockets.ConnectionClosed:
                    break
    logins = process.world.logins
    process.hub.deliver([Progressed(user_id=user, answered=1), Scored(user_id=user, league_id=league)])
    await good.until("progress.changed")
    assert process.world.logins == logins
    async with asyncio.timeout(PATIENCE_S):
        while len(process.hub._gateway._peers) > 1:
            await asyncio.sleep(0.02)
    assert not process.world.answers


@pytest.mark.parametrize(
    "answer",
    ['"a\\u0000b"', '"\\ud800"', "[" * 5_000 + "]" * 5_000, '"\n"', "nothing"],
    ids=["nul", "half", "deep", "raw", "no json"],
)
async def test_an_event_that_cannot_be_read_is_refused_by_its_acknowledgement(process: Process, answer: str) -> None:
    async with raw(process) as line, asyncio.timeout(PATIENCE_S):
        await log_in(line, uuid4())
        await line.send('4217["answer.submit",{"answer":' + answer + "}]")
        while not (said := str(await line.recv())).startswith("4317["):
            pass
        [refusal] = json.loads(said[4:])
        assert (refusal["ok"], refusal["code"]) == (False, "realtime.bad_payload")
    assert not process.world.answers


async def test_a_client_that_leaves_is_not_kept_waiting_for_its_poll(process: Process) -> None:
    client = process.client()
    await client.connect(uuid4(), transports=("polling",))
    await client.until("stream.ready")
    # A poll that nobody answers ends with the next ping.
    async with asyncio.timeout(GatewaySettings().ping_interval_s - 5):
        await client.sio.disconnect()


async def test_hostile_long_polling_hurts_nobody_else(process: Process) -> None:
    async with httpx.AsyncClient(base_url=process.url, timeout=PATIENCE_S) as http:
        opened = await http.get("/socket.io/?EIO=4&transport=polling")
        sid = json.loads(opened.text[1:])["sid"]
        for body in ("", "x", "4" + "[" * 30_000, "d=", "2\x1e" * 40, "4" * 70_000, b"\xff\xfe"):
            answer = await http.post(f"/socket.io/?EIO=4&transport=polling&sid={sid}", content=body)
            assert answer.status_code in (200, 400)
        for query in ("", "?EIO=3&transport=polling", "?EIO=4&transport=polling&sid=nobody", "?EIO=4&transport=x"):
            assert (await http.get("/socket.io/" + query)).status_code == 400
        strange = await http.get("/socket.io/?EIO=4&transport=polling", headers={"origin": "https://evil.example"})
        assert strange.status_code == 403
    await process.joined()


async def test_only_listed_origins_may_connect(launch: Launch, shared_redis: OwnRedis) -> None:
    process = await launch(
        shared_redis, settings=RealtimeSettings(gateway=GatewaySettings(origins=("https://app.example",)))
    )
    async with httpx.AsyncClient(base_url=process.url) as http:
        for origin, status in (("https://app.example", 200), ("https://evil.example", 403), ("null", 403)):
            answer = await http.get("/socket.io/?EIO=4&transport=polling", headers={"origin": origin})
            assert answer.status_code == status
    with pytest.raises(websockets.InvalidStatus):
        async with raw(process, origin="https://evil.example"):
            pass


async def test_stopping_tells_clients_to_come_back_and_leaves_nothing(process: Process) -> None:
    client = await process.joined()
    await asyncio.wait_for(process.hub.stop(), PATIENCE_S)
    assert client.of("stream.closed")[0]["code"] == "realtime.restarting"
    assert not process.hub._supervisor.living()
