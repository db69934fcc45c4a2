"""A learner's stream in Redis: position, history, and what a reader missed.

Invariants, kept by scripts that Redis runs atomically:
- within one epoch `seq` grows by one per frame, and frames are published in the order of `seq`;
- a frame with a tag that the stream has seen lately is not added again, not even in a new epoch: whoever is told of
  that reads the state anew, and this frame is in it;
- an epoch never outlives the Redis process that counted it: after a restart, which may have lost the last second, the
  next touch begins a new epoch, so a number is never given twice with different contents.
"""

import secrets
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec

from domains.kernel.clock import utc_now

HISTORY_FRAMES = 256
HISTORY_TTL_S = 24 * 3600
POSITION_TTL_S = 8 * 24 * 3600
TAG_BYTES = 8
TAGS_KEPT = 128

RELOAD = ("/api/v1/progress", "/api/v1/notifications", "/api/v1/leaderboards/current")
"""What to read anew over REST where frames were lost, besides the session that is on the screen."""

# KEYS: position, history. ARGV: Redis run id, epoch to use if a new one is needed, channel, PUBLISH or SPUBLISH, then
# what follows.
_HEAD = f"""
local p = redis.call('HMGET', KEYS[1], 'run', 'epoch', 'seq', 'tags')
local epoch, seq, tags = p[2], tonumber(p[3] or '0'), p[4] or ''
local fresh = p[1] ~= ARGV[1] or not epoch
local function renew()
  epoch, seq = ARGV[2], 0
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[1], 'run', ARGV[1], 'epoch', epoch, 'seq', '0', 'tags', tags)
  redis.call('EXPIRE', KEYS[1], {POSITION_TTL_S})
end
"""

# ARGV 5..7: tag, event, body. Answers seq, or 0 for a frame that is known already.
PUBLISH = (
    _HEAD
    + f"""
if fresh then renew() end
local at = 1
while true do
  local found = string.find(tags, ARGV[5], at, true)
  if not found then break end
  if (found - 1) % {TAG_BYTES} == 0 then return 0 end
  at = found + 1
end
seq = seq + 1
local number = string.format('%.0f', seq)
tags = string.sub(tags .. ARGV[5], -{TAG_BYTES * TAGS_KEPT})
redis.call('HSET', KEYS[1], 'seq', number, 'tags', tags)
redis.call('EXPIRE', KEYS[1], {POSITION_TTL_S})
redis.call('XADD', KEYS[2], 'MAXLEN', '~', '{HISTORY_FRAMES}', number .. '-0', 'e', ARGV[6], 'b', ARGV[7])
redis.call('EXPIRE', KEYS[2], {HISTORY_TTL_S})
redis.call(ARGV[4], ARGV[3], epoch .. '\\n' .. number .. '\\n' .. ARGV[6] .. '\\n' .. ARGV[7])
return seq
"""
)

# ARGV 5..6: the reader's epoch and seq. Answers epoch, seq and the entries after the reader's seq.
READ = (
    _HEAD
    + """
if fresh then
  renew()
  redis.call(ARGV[4], ARGV[3], epoch .. '\\n0\\n\\n')
end
local entries = {}
if ARGV[5] == epoch then
  entries = redis.call('XRANGE', KEYS[2], '(' .. ARGV[6] .. '-0', '+')
end
return {epoch, string.format('%.0f', seq), entries}
"""
)

RENEW = (
    _HEAD
    + """
renew()
redis.call(ARGV[4], ARGV[3], epoch .. '\\n0\\n\\n')
return 0
"""
)


class Frame(msgspec.Struct, frozen=True):
    """One numbered frame as heard or read. An empty `event` only announces the epoch."""

    epoch: str
    seq: int
    event: str
    body: str


class Replay(msgspec.Struct, frozen=True):
    """A stream's position, and the frames after the position that was asked for."""

    epoch: str
    head: int
    frames: list[Frame]

    def reaches(self, epoch: str | None, seq: int) -> bool:
        """True when a reader at this position can be brought up to the head without a gap."""
        if epoch != self.epoch or seq < 0 or seq > self.head:
            return False
        return seq == self.head or (bool(self.frames) and self.frames[0].seq <= seq + 1)

    def after(self, seq: int) -> list[Frame]:
        return [frame for frame in self.frames if frame.seq > seq]


def keys(user_id: UUID) -> tuple[str, str]:
    """Position and history. The braces keep both on one node of a Redis cluster."""
    return f"lyceum:stream:{{{user_id}}}:position", f"lyceum:stream:{{{user_id}}}:history"


def new_epoch() -> str:
    return secrets.token_urlsafe(9)


def tag(event_id: UUID, event: str) -> bytes:
    """What makes a frame the same frame when its fact is delivered again."""
    return blake2b(event_id.bytes + event.encode(), digest_size=TAG_BYTES).digest()


def heard(data: bytes) -> Frame:
    epoch, seq, event, body = data.decode().split("\n", 3)
    return Frame(epoch, int(seq), event, body)


def parse_replay(reply: Any) -> Replay:
    epoch, head, entries = reply[0].decode(), int(reply[1]), reply[2]
    frames = []
    for entry_id, fields in entries:
        seq = int(entry_id.partition(b"-")[0])
        frames.append(Frame(epoch, seq, fields[1].decode(), fields[3].decode()))
    return Replay(epoch, head, frames)


def no_later_than_now(at: datetime | None) -> datetime | None:
    """A client's clock may be anywhere, and so may what it says."""
    return min(at, utc_now()) if at is not None else None
