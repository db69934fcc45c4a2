"""Live screens: one Socket.IO endpoint, one actor per person and per room, and Redis between processes.

It owns: sockets, rooms, frames, replay after a reconnect. It does not own: any rule of the game, or any truth. What is
here can be lost at any moment and is rebuilt from PostgreSQL and Redis.
`realtime.hub.Realtime` is the front door.

Recovery. A frame of one's own stream has a number without gaps within an epoch. Who comes back names the last one: the
room is listened to first, the history read after, and what is heard twice is told by its number. Where the history does
not reach (too old, a wiped or restarted Redis, a batch of which nobody knows whether it was written) the reader is told
`truncated`, with what must not be lost out of PostgreSQL and the REST paths that tell the rest.

More than one Redis, for the day on which one node is not enough. Context, decision, consequence:
- Everything that belongs to one learner must be atomic: their two keys and their channel share the hash tag
  `{user_id}`, and so do other rooms' channels with the id of the room. A script never touches two slots.
- A plain PUBLISH reaches every node of a cluster, which makes each node as busy as all together. So there is one
  Publisher and one Listener per shard with `sharded=True` (SPUBLISH and SSUBSCRIBE), behind one face that picks the
  pair by the slot of the tag. What has no tag (the control channel) has a slot like any other.
- Each pair asks for the place of its shard with every connection (`publisher.Server`), so a failover is to it a Redis
  that restarted: another run id, a new epoch, `truncated`. Readers on other shards notice nothing.
- Slots that are moved by hand need a face that reads the map again. Until it has, their streams are refused, which is
  a gap on record and ends in a new epoch.
`python -m bench.cluster` proves it on three nodes that die. The face lives there until somebody needs it: rate limits,
boards, jobs and presence stay on the one Redis that `LYCEUM_REDIS_URL` names.
"""
