"""Cloudinary as a storage, by its documented calls. The double checks every signature as the service does."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import pytest

from domains.kernel.uow import Database
from domains.media.providers.cloudinary import signature
from domains.media.providers.port import Away
from domains.media.providers.setup import storage_of
from factories.clouds import kept_in, sent, whole
from factories.files import begin, complete, path_of, picture
from factories.people import Learner

SECRET = "a secret"


class Service(BaseHTTPRequestHandler):
    files: ClassVar[dict[str, bytes]] = {}

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = BytesParser().parsebytes(head + self.rfile.read(length))
        fields: dict[str, bytes] = {}
        for part in message.get_payload():
            name = str(part.get_param("name", header="content-disposition"))  # type: ignore[union-attr]
            fields[name] = part.get_payload(decode=True)  # type: ignore[union-attr, assignment]
        file = fields.pop("file")
        given = {name: value.decode() for name, value in fields.items()}
        signed = {name: value for name, value in given.items() if name not in ("api_key", "signature")}
        text = "&".join(f"{name}={value}" for name, value in sorted(signed.items())) + SECRET
        if given["signature"] != hashlib.sha1(text.encode()).hexdigest() or given["type"] != "authenticated":
            return self.answer(401, {})
        self.files[given["public_id"]] = file
        return self.answer(200, {"public_id": given["public_id"], "bytes": len(file)})

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path.startswith("/v1_1/Cloud/"):
            if self.headers["Authorization"] != "Basic " + base64.b64encode(f"key:{SECRET}".encode()).decode():
                return self.answer(401, {})
            prefix = parse_qs(parts.query).get("prefix", [""])[0]
            now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
            found = [
                {"public_id": name, "bytes": len(content), "created_at": now}
                for name, content in self.files.items()
                if name.startswith(prefix)
            ]
            return self.answer(200, {"resources": found})
        wanted = re.fullmatch(r"/Cloud/raw/authenticated/s--(.{8})--/v1/(.+)", parts.path)
        assert wanted is not None
        name = unquote(wanted[2])
        right = base64.urlsafe_b64encode(hashlib.sha1(f"{name}{SECRET}".encode()).digest()).decode()[:8]
        if right != wanted[1] or name not in self.files:
            return self.answer(404, {})
        body, status = self.files[name], 200
        if spans := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            body, status = body[int(spans[1]) : int(spans[2]) + 1 if spans[2] else None], 206
        return self.answer(status, body)

    def do_DELETE(self) -> None:
        for name in parse_qs(urlsplit(self.path).query)["public_ids[]"]:
            self.files.pop(name, None)
        self.answer(200, {})

    def answer(self, status: int, body: Any) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def cloud() -> Iterator[str]:
    Service.files = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    here = f"http://127.0.0.1:{server.server_port}"
    yield f"cloudinary://key:{SECRET.replace(' ', '%20')}@Cloud?api={here}&delivery={here}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_call_is_signed_as_in_the_documentation() -> None:
    # The example of their page on authentication signatures.
    params = {"eager": "w_400,h_300,c_pad|w_260,h_200,c_crop", "public_id": "sample_image", "timestamp": "1315060510"}
    assert signature(params, "abcd") == "bfd09f95f331f558cbd1320e67aa8d488770583e"


async def test_a_picture_goes_to_cloudinary_by_a_signed_form_and_is_shown_from_there(
    client: httpx.AsyncClient, author: Learner, db: Database, cloud: str, tmp_path: Path
) -> None:
    storage = storage_of(cloud, tmp_path)
    with kept_in(db, storage):
        content = picture()
        upload = await begin(author, content)
        assert upload["method"] == "POST"
        await sent(upload, content)
        file = (await complete(author, upload)).json()["file"]
        for one in [file, *file["pictures"]]:
            answer = await client.get(path_of(one["url"]))
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
        assert [one.key async for one in storage.listed("parts")] == []
        [original] = [one.key async for one in storage.listed("files") if one.key.endswith("original")]
        assert await whole(storage.read(original, 2, 9)) == content[2:9]
        assert await whole(storage.read(original, 9)) == content[9:]
    await storage.aclose()


async def test_a_wrong_secret_is_a_storage_that_is_away(cloud: str, tmp_path: Path) -> None:
    storage = storage_of(cloud.replace("%20", "-"), tmp_path)
    with pytest.raises(Away, match="401"):
        await storage.ask()
    with pytest.raises(Away, match="401"):
        await storage.put("a", b"x", "text/plain")
    await storage.aclose()
