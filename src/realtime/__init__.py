"""Live screens: one Socket.IO endpoint, one actor per person and per league, and Redis between processes.

It owns: sockets, rooms, frames, replay after a reconnect. It does not own: any rule of the game, or any truth. What is
here can be lost at any moment and is rebuilt from PostgreSQL and Redis.
`realtime.hub.Realtime` is the front door.
"""
