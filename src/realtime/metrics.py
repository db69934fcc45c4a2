"""What the realtime part counts. Cheap enough to be incremented per broadcast, never per recipient."""

from prometheus_client import Counter, Gauge

SOCKETS = Gauge("lyceum_realtime_sockets", "Authenticated sockets of this process", multiprocess_mode="livesum")
ACTORS = Gauge("lyceum_realtime_actors", "Actors alive in this process", multiprocess_mode="livesum")
ROOMS = Gauge("lyceum_realtime_rooms", "Watched rooms of this process, by kind", ["kind"], multiprocess_mode="livesum")
WATCHERS_OUT = Counter("lyceum_realtime_watchers_out_total", "Watchers who lost the right to a room")
PRESENCE_FAILED = Counter("lyceum_realtime_presence_failed_total", "Ticks of presence that did not reach Redis")
FRAMES_SENT = Counter("lyceum_realtime_frames_sent_total", "Frames queued for sockets, by event", ["event"])
BYTES_SENT = Counter("lyceum_realtime_sent_bytes_total", "Bytes of the frames queued for sockets")
QUEUED_BYTES = Gauge(
    "lyceum_realtime_queued_bytes", "Bytes that clients have not taken yet", multiprocess_mode="livesum"
)
QUEUED_BYTES_MOST = Gauge(
    "lyceum_realtime_queued_bytes_most", "The same of the slowest client", multiprocess_mode="livemax"
)
LOOP_LAG = Gauge(
    "lyceum_realtime_loop_lag_seconds", "How late the event loop was at its last second", multiprocess_mode="livemax"
)
THROTTLED = Counter("lyceum_realtime_throttled_total", "Events that had to wait because their sender was over the rate")
FRAMES_DROPPED = Counter("lyceum_realtime_frames_dropped_total", "Frames that reached nobody, by reason", ["reason"])
MAIL_CONFLATED = Counter("lyceum_realtime_conflated_total", "League changes that joined a later frame")
SOCKETS_CLOSED = Counter("lyceum_realtime_sockets_closed_total", "Sockets closed by the server, by reason", ["reason"])
INBOUND = Counter("lyceum_realtime_inbound_total", "Events from clients, by event and outcome", ["event", "outcome"])
ACTOR_CRASHES = Counter("lyceum_realtime_actor_crashes_total", "Actors that raised, by kind", ["kind"])
UNREADABLE = Counter("lyceum_realtime_unreadable_total", "Messages from Redis that could not be read or obeyed")
LOOPS_RESTARTED = Counter("lyceum_realtime_loop_restarts_total", "Loops of the hub that raised, by name", ["loop"])
EPOCHS_RENEWED = Counter("lyceum_realtime_epochs_renewed_total", "Streams declared broken because Redis was away")
RECOVERIES = Counter(
    "lyceum_realtime_recoveries_total", "Readers of a stream brought to its head, by how it was done", ["result"]
)
MISSED_FOUND = Counter("lyceum_realtime_missed_found_total", "Lost frames that were told out of the database")
DEAF_SECONDS = Gauge(
    "lyceum_realtime_deaf_seconds", "Since this process last heard itself through Redis", multiprocess_mode="livemax"
)
OUTGOING = Gauge(
    "lyceum_realtime_outgoing_frames", "Frames that wait for Redis in this process", multiprocess_mode="livesum"
)
