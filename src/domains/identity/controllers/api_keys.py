"""REST of API keys. Only admins come here, with a fresh login: a key does things without a person."""

from uuid import UUID

from litestar import Controller, Litestar, delete, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.routes import HTTPRoute

from domains.identity.api import Principal
from domains.identity.controllers.answers import AnyRequest, caller_of
from domains.identity.guards import SCOPE, require, require_fresh
from domains.identity.models.api_keys import ApiKey
from domains.identity.policy.permissions import Permission
from domains.identity.repository import api_keys as repository
from domains.identity.schemas.api_keys import ApiKeyIn, ApiKeyOut, ApiKeysOut, NewApiKeyOut, RotationIn
from domains.identity.service.api_keys import make_key, revoke_key, rotate_key
from domains.kernel.uow import UnitOfWork


class ApiKeysController(Controller):
    path = "/api/v1/admin/api-keys"
    tags = ("identity",)
    guards = (require(Permission.API_KEYS),)
    cache_control = CacheControlHeader(no_store=True)

    @get("/", operation_id="list_api_keys", summary="API keys, the newest first, and the scopes that there are")
    async def keys(self, request: AnyRequest, uow: NamedDependency[UnitOfWork]) -> ApiKeysOut:
        found = await repository.keys(uow.session)
        return ApiKeysOut([api_key_out(key) for key in found], sorted(known_scopes(request.app)))

    @post(
        "/",
        operation_id="create_api_key",
        summary="Make an API key; its secret is shown this once",
        guards=[require_fresh],
    )
    async def make(
        self,
        request: AnyRequest,
        data: JSONBody[ApiKeyIn],
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
    ) -> NewApiKeyOut:
        key, secret = await make_key(
            uow,
            name=data.name,
            scopes=data.scopes,
            known=known_scopes(request.app),
            days=data.days,
            by=principal.user_id,
            caller=caller_of(request),
        )
        return NewApiKeyOut(api_key_out(key), secret)

    @post(
        "/{key_id:uuid}/rotate",
        operation_id="rotate_api_key",
        summary="A new secret for the same purpose; the old one stays good for a while",
        guards=[require_fresh],
    )
    async def rotate(
        self,
        request: AnyRequest,
        key_id: FromPath[UUID],
        data: JSONBody[RotationIn],
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
    ) -> NewApiKeyOut:
        key, secret = await rotate_key(
            uow,
            key_id,
            days=data.days,
            overlap_hours=data.overlap_hours,
            by=principal.user_id,
            caller=caller_of(request),
        )
        return NewApiKeyOut(api_key_out(key), secret)

    @delete("/{key_id:uuid}", operation_id="revoke_api_key", summary="Refuse an API key from now on")
    async def revoke(
        self,
        request: AnyRequest,
        key_id: FromPath[UUID],
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
    ) -> None:
        await revoke_key(uow, key_id, by=principal.user_id, caller=caller_of(request))


def known_scopes(app: Litestar) -> frozenset[str]:
    """A scope is there because a route asks for it."""
    return frozenset(
        handler.opt[SCOPE]
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if SCOPE in handler.opt
    )


def api_key_out(key: ApiKey) -> ApiKeyOut:
    return ApiKeyOut(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        scopes=key.scopes,
        created_at=key.created_at,
        made_by=key.made_by,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        last_used_at=key.last_used_at,
        successor_id=key.successor_id,
    )
