"""Files from outside: by Node's `fetch` and by a real browser, to a server of two processes. Each is skipped where what
it needs is not installed."""

import json
import os
import subprocess
from pathlib import Path

import anyio
import pytest

from journeys.browsing import CHROMIUM, browsing
from journeys.node import NODE
from journeys.served import Visitor

PROGRAM = Path(__file__).with_name("upload_client.mjs")

_IN_THE_PAGE = """
async (token) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [900, 500];
  const pen = canvas.getContext("2d");
  pen.fillStyle = "rgb(200, 30, 60)";
  pen.fillRect(0, 0, 900, 500);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  const ask = async (path, body) => {
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const answer = await fetch(`/api/v1/media${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return answer.json();
  };
  const about = { name: "me.png", size_bytes: blob.size, type: blob.type, purpose: "avatar" };
  const upload = await ask("/uploads", about);
  for (const part of upload.parts) {
    const piece = blob.slice(part.offset, part.offset + part.size_bytes);
    await fetch(part.url, { method: upload.method, headers: upload.headers, body: piece });
  }
  const { file } = await ask(`/uploads/${upload.id}/complete`, {});
  const small = file.pictures.find((picture) => picture.name === "320");
  const shown = new Image();
  shown.src = small.url;
  await shown.decode();
  pen.drawImage(shown, 0, 0);
  const [red, green, blue] = pen.getImageData(50, 50, 1, 1).data;
  return { size: [shown.naturalWidth, shown.naturalHeight], color: [red, green, blue] };
}
"""


@pytest.mark.skipif(NODE is None, reason="Node is not there")
async def test_a_program_of_node_sends_a_film_in_parts_and_goes_on_where_it_broke_off(ada: Visitor) -> None:
    # Not through the event loop: uvloop forks by itself, and its child hangs in a process with many threads.
    ran = await anyio.to_thread.run_sync(
        lambda: subprocess.run(
            [str(NODE), PROGRAM, ada.url, ada.token], capture_output=True, text=True, timeout=60, env=os.environ
        )
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {
        "parts": 5,
        "first": [204, 204],
        "missing": [3, 4, 5],
        "rest": [204, 204, 204],
        "begun": "processing",
        "state": "done",
        "ref": True,
        "range": [206, True],
        "whole": True,
    }


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
@pytest.mark.usefixtures("browser_program")
async def test_a_browser_sends_a_picture_and_shows_what_was_made_of_it(ada: Visitor) -> None:
    async with browsing(ada.url) as visit:
        await visit.go("/")
        seen = await visit.page.evaluate(_IN_THE_PAGE, ada.token)
        assert seen["size"] == [320, 178]
        assert seen["color"] == pytest.approx([200, 30, 60], abs=6)
        assert visit.complaints == []
