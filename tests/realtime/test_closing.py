"""Why sockets are closed, what they are told, and what they may cost before that."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
import websockets
from prometheus_client import REGISTRY
from realtime_house import PATIENCE_S, Launch, OwnRedis, Process
from test_gateway import SHORT, log_in, raw

from realtime import closings
from realtime.gateway import GatewaySettings
from realtime.gateway.peer import Bucket
from realtime.hub import RealtimeSettings


def test_a_number_is_given_once_and_says_whether_to_come_back() -> None:
    numbers = [closing.number for closing in closings.CLOSINGS.values()]
    assert len(set(numbers)) == len(numbers)
    for code, closing in closings.CLOSINGS.items():
        assert (closing.number < 3500) == (closing.reconnect != "never"), code
    assert closings.closing("no.such").reconnect == "never"


def test_clients_of_a_server_that_restarts_come_back_at_moments_of_their_own() -> None:
    told = {closings.last_words("realtime.restarting", "").after_ms for _ in range(200)}
    assert len(told) > 100
    assert all(0 <= after_ms < closings.CLOSINGS["realtime.restarting"].spread_ms for after_ms in told)
    assert closings.last_words("realtime.session_ended", "").after_ms == 0


@pytest.mark.parametrize("way", ["direct", "asgi"])
async def test_the_last_frame_and_the_close_code_say_the_same(launch: Launch, shared_redis: OwnRedis, way: Any) -> None:
    process = await launch(shared_redis, way=way)
    user = uuid4()
    async with raw(process) as line:
        await log_in(line, user)
        assert "stream.ready" in str(await line.recv())
        process.hub.disconnect_user(user)
        said = json.loads(str(await line.recv())[2:])[1]
        assert (said["number"], said["reconnect"], said["after_ms"]) == (3500, "never", 0)
        assert [await line.recv(), await line.recv()] == ["41", "1"]
        await line.wait_closed()
        assert line.close_code == 3500


async def test_a_client_that_polls_gets_the_last_words_with_its_next_poll(process: Process) -> None:
    user = uuid4()
    async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
        url = f"{process.url}/socket.io/?EIO=4&transport=polling"
        url += "&sid=" + json.loads((await http.get(url)).text[1:])["sid"]
        await http.post(url, content="40" + json.dumps({"token": str(user)}))
        text = ""
        while "stream.ready" not in text:
            text = (await http.get(url)).text
        process.hub.disconnect_user(user)
        last, *rest = (await http.get(url)).text.split("\x1e")
        assert json.loads(last[2:])[1]["number"] == 3500
        assert rest == ["41", "1"]
        assert (await http.get(url)).status_code == 400


async def test_a_client_may_be_behind_by_so_many_bytes_and_no_more(launch: Launch, shared_redis: OwnRedis) -> None:
    limit = 100_000
    settings = RealtimeSettings(gateway=GatewaySettings(queue_bytes=limit, queue_limit=1_000_000, closing_grace_s=0.05))
    process = await launch(shared_redis, settings=settings)
    gateway = process.hub._gateway
    body = json.dumps({"room": "x" * 20_000, "code": "c"})
    async with raw(process, max_queue=1) as slow:
        await log_in(slow, uuid4())
        (peer,) = gateway._peers.values()
        most = 0
        for _ in range(2_000):
            gateway.emit([peer.sid or ""], "room.left", body)
            most = max(most, peer.session.waiting_bytes())
            await asyncio.sleep(0)
            if peer.closing:
                break
        assert peer.closing
        assert most < limit + 2 * 21_000
        async with asyncio.timeout(PATIENCE_S):
            while process.server.server_state.connections:
                await asyncio.sleep(0.01)


async def test_a_person_has_one_allowance_however_many_sockets(launch: Launch, shared_redis: OwnRedis) -> None:
    settings = RealtimeSettings(gateway=GatewaySettings(events_burst_of_person=10, events_per_s_of_person=0.01))
    process = await launch(shared_redis, settings=settings)
    user = uuid4()
    mine = [await process.joined(user) for _ in range(2)]
    other = await process.joined(uuid4())
    ask = ("session.unwatch", {})
    asked = [asyncio.create_task(client.sio.call(*ask)) for client in mine for _ in range(10)]
    answered = [asyncio.create_task(client.sio.call(*ask)) for client in [other] * 10]
    await asyncio.gather(*answered)
    async with asyncio.timeout(PATIENCE_S):
        while sum(task.done() for task in asked) < 10:
            await asyncio.sleep(0.01)
    assert sum(task.done() for task in asked) == 10
    for task in asked:
        task.cancel()


def test_an_allowance_comes_back_at_its_rate_and_up_to_its_burst() -> None:
    bucket = Bucket(rate=10, burst=3, now=0)
    assert [bucket.take(0) for _ in range(3)] == [0, 0, 0]
    assert bucket.take(0) == pytest.approx(0.1)
    assert bucket.take(0) == pytest.approx(0.2)
    assert [bucket.take(100) for _ in range(3)] == [0, 0, 0]
    assert bucket.take(100) > 0


async def test_only_the_transports_of_the_setting_are_served(launch: Launch, shared_redis: OwnRedis) -> None:
    process = await launch(shared_redis, settings=RealtimeSettings(gateway=GatewaySettings(transports=("websocket",))))
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{process.url}/socket.io/?EIO=4&transport=polling")
        assert (answer.status_code, answer.json()["code"]) == (400, 0)
    await process.joined()


async def test_a_server_that_says_farewell_admits_nobody_any_more(process: Process) -> None:
    client = await process.joined()
    await process.hub.farewell()
    told = client.of("stream.closed")[0]
    assert (told["code"], told["number"], told["reconnect"]) == ("realtime.restarting", 3000, "now")
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with raw(process):
            pass
    assert refused.value.response.status_code == 503


async def test_what_clients_have_not_taken_is_measured(launch: Launch, shared_redis: OwnRedis) -> None:
    process = await launch(shared_redis, settings=SHORT)
    gateway = process.hub._gateway
    before = REGISTRY.get_sample_value("lyceum_realtime_sent_bytes_total") or 0.0
    async with raw(process, max_queue=1) as slow:
        await log_in(slow, uuid4())
        (peer,) = gateway._peers.values()
        body = json.dumps({"room": "x" * 60_000, "code": "c"})
        while not peer.session.waiting_bytes():
            gateway.emit([peer.sid or ""], "room.left", body)
            await asyncio.sleep(0)
        gateway.measure()
        waiting = REGISTRY.get_sample_value("lyceum_realtime_queued_bytes")
        assert waiting == REGISTRY.get_sample_value("lyceum_realtime_queued_bytes_most") == peer.session.waiting_bytes()
        assert (REGISTRY.get_sample_value("lyceum_realtime_sent_bytes_total") or 0) - before > 60_000
