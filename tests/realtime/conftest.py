"""Fixtures of the realtime tests; what they are made of is in `realtime_house` and `readers`."""

from readers import start, two
from realtime_house import launch, own_redis, process, shared_redis

__all__ = ["launch", "own_redis", "process", "shared_redis", "start", "two"]
