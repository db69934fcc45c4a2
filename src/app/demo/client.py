"""REST as a patient client uses it: a call is repeated with the same key until it is answered, refused, or time is up.

Invariant: nothing that the server acknowledged is asked for again, and whatever is asked again is safe to repeat.
"""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx
import msgspec

T = TypeVar("T")

CALL_S = 10.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0


class User(msgspec.Struct):
    id: str


class Tokens(msgspec.Struct):
    access_token: str
    refresh_token: str
    user: User


class Course(msgspec.Struct):
    id: str
    slug: str


class Courses(msgspec.Struct):
    items: list[Course]
    next_cursor: str | None = None


class Lesson(msgspec.Struct):
    id: str
    title: str
    exercises: int


class Lessons(msgspec.Struct):
    items: list[Lesson]


class Exercise(msgspec.Struct):
    id: str
    kind: str
    prompt: dict[str, Any]
    answered: bool = False


class Session(msgspec.Struct):
    id: str
    exercises: list[Exercise]
    total: int


class Graded(msgspec.Struct):
    verdict: str
    correct: bool
    answered: int


class Place(msgspec.Struct):
    id: str
    rank: int


class Completed(msgspec.Struct):
    xp_earned: int
    xp_total: int
    league: Place | None


class Problem(msgspec.Struct):
    code: str = ""
    title: str = ""
    detail: str = ""


class CallRefused(Exception):
    """The server has answered, and would say the same again."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code


class TimeIsUp(Exception):
    """The demo ends before the call was answered."""


class Pace:
    """Waiting that ends with the demo."""

    def __init__(self) -> None:
        self._over = asyncio.Event()

    def end(self) -> None:
        self._over.set()

    @property
    def over(self) -> bool:
        return self._over.is_set()

    async def wait(self, seconds: float) -> None:
        """Raises TimeIsUp when the demo ends meanwhile."""
        if not self.over:
            try:
                await asyncio.wait_for(self._over.wait(), seconds)
            except TimeoutError:
                return
        raise TimeIsUp

    async def ended(self) -> None:
        await self._over.wait()


class Answered(msgspec.Struct):
    body: bytes
    took_s: float
    """Of the try that was answered."""
    first_try: bool


class Client:
    """One learner's calls over a shared pool of connections; `on_error(code)` hears of every call that went wrong."""

    def __init__(self, http: httpx.AsyncClient, pace: Pace, on_error: Callable[[str], None]) -> None:
        self._http = http
        self._pace = pace
        self._on_error = on_error
        self._tokens: Tokens | None = None
        self._refreshing = asyncio.Lock()

    @property
    def token(self) -> str:
        return self._tokens.access_token if self._tokens else ""

    async def register(self, *, email: str, name: str, password: str) -> User:
        try:
            answered = await self.post("/auth/register", {"email": email, "name": name, "password": password})
        except CallRefused as refused:
            if refused.status != 409:
                raise
            # The first try went through, and its answer was lost.
            answered = await self.post("/auth/login", {"email": email, "password": password})
        self._tokens = decoded(answered.body, Tokens)
        return self._tokens.user

    async def refresh(self, stale: str) -> None:
        """Fresh tokens in place of the access token `stale`, unless somebody got them meanwhile."""
        async with self._refreshing:
            if self._tokens is not None and self._tokens.access_token == stale:
                answered = await self.post("/auth/refresh", {"refresh_token": self._tokens.refresh_token})
                self._tokens = decoded(answered.body, Tokens)

    async def get(self, path: str) -> Answered:
        return await self._ask("GET", path, None, "")

    async def post(self, path: str, body: Any = None, *, key: str = "") -> Answered:
        return await self._ask("POST", path, body, key)

    async def _ask(self, method: str, path: str, body: Any, key: str) -> Answered:
        pause_s = FIRST_PAUSE_S
        tries = 0
        while True:
            tries += 1
            token = self.token
            started = time.perf_counter()
            answer = await self._sent(method, path, body, key)
            if isinstance(answer, httpx.Response):
                if answer.is_success:
                    return Answered(answer.content, time.perf_counter() - started, tries == 1)
                problem = _problem(answer)
                self._on_error(problem.code)
                if answer.status_code == 401 and token and tries < 3 and not path.startswith("/auth/"):
                    await self.refresh(token)
                    continue
                if answer.status_code not in (429, 502, 503, 504):
                    raise CallRefused(answer.status_code, problem.code, problem.detail or problem.title)
                pause_s = max(pause_s, _asked_to_wait_s(answer))
            else:
                self._on_error(answer)
            # Not all at once: a server that comes back has enough to do.
            await self._pace.wait(pause_s * random.uniform(0.5, 1.0))  # noqa: S311
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def _sent(self, method: str, path: str, body: Any, key: str) -> httpx.Response | str:
        """The answer, or the code of what kept it away."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self._tokens is not None and not path.startswith("/auth/"):
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        content = None if body is None else msgspec.json.encode(body)
        try:
            return await self._http.request(method, f"/api/v1{path}", content=content, headers=headers)
        except httpx.TimeoutException:
            return "connection.timeout"
        except httpx.ConnectError:
            return "connection.refused"
        except httpx.TransportError:
            return "connection.lost"


def decoded(body: bytes, form: type[T]) -> T:
    """Raises CallRefused where the server speaks another language than the contract."""
    try:
        return msgspec.json.decode(body, type=form)
    except msgspec.MsgspecError as error:
        raise CallRefused(200, "unreadable", str(error)) from error


def _problem(answer: httpx.Response) -> Problem:
    try:
        problem = msgspec.json.decode(answer.content, type=Problem)
    except msgspec.MsgspecError:
        problem = Problem()
    problem.code = problem.code or f"http.{answer.status_code}"
    return problem


def _asked_to_wait_s(answer: httpx.Response) -> float:
    wait = answer.headers.get("Retry-After", "")
    return min(float(wait), 10.0) if wait.isdigit() else 0.0
