"""The Socket.IO gateway: the only importer of socketio and engineio."""

from realtime.gateway.direct import Headers, Others
from realtime.gateway.endpoint import Gateway, GatewaySettings
from realtime.gateway.peer import Peer

__all__ = ["Gateway", "GatewaySettings", "Headers", "Others", "Peer"]
