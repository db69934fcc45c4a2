"""REST for staff: look people up, change what they are, close and open accounts, look through their eyes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Controller, delete, get, post, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from domains.identity.api import Authenticator, Principal
from domains.identity.controllers.answers import AnyRequest, caller_of
from domains.identity.guards import require, require_fresh
from domains.identity.policy.permissions import Permission
from domains.identity.policy.sessions import ACCESS_LIFETIME
from domains.identity.repository import roles as roles_repository
from domains.identity.repository.roles import Scoped
from domains.identity.repository.staff import Found
from domains.identity.schemas.admin import (
    BanIn,
    ImpersonationIn,
    ImpersonationOut,
    PersonDetailsOut,
    PersonOut,
    RolesIn,
    RolesOut,
    ScopedRoleOut,
    SearchIn,
)
from domains.identity.service import impersonation, staff
from domains.identity.service.roles import change_roles
from domains.kernel.page import Page, decode_cursor, page_of
from domains.kernel.uow import Database

_SEARCH = require(Permission.PEOPLE_SEARCH)


class PeopleController(Controller):
    path = "/api/v1/admin/users"
    tags = ("identity",)
    cache_control = CacheControlHeader(no_store=True)

    @post(
        "/search",
        operation_id="search_accounts",
        summary="People by id, user name, address or name; who searched, why and whom it found is kept",
        status_code=200,
        guards=[_SEARCH],
    )
    async def search(
        self,
        request: AnyRequest,
        data: JSONBody[SearchIn],
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
    ) -> Page[PersonOut]:
        found = await staff.search(
            db,
            data.query,
            purpose=data.purpose,
            before=decode_cursor(data.cursor, UUID),
            most=data.limit + 1,
            by=principal.user_id,
            caller=caller_of(request),
        )
        return page_of([_person(person) for person in found], data.limit, lambda person: person.id)

    @get("/{user_id:uuid}", operation_id="show_account", summary="One account", guards=[_SEARCH])
    async def show(
        self,
        request: AnyRequest,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        user_id: FromPath[UUID],
    ) -> PersonDetailsOut:
        found, scoped = await staff.show(db, user_id, by=principal.user_id, caller=caller_of(request))
        return PersonDetailsOut(**_fields(found), scoped=_scoped(scoped))

    @put(
        "/{user_id:uuid}/roles",
        operation_id="change_roles",
        summary="The roles of somebody, everywhere and within courses and classes",
        description="Needs a login of at most five minutes ago. There is always an admin, and nobody changes their "
        "own roles.",
        guards=[require(Permission.PEOPLE_ROLES), require_fresh],
    )
    async def change_roles(
        self,
        request: AnyRequest,
        data: JSONBody[RolesIn],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
        principal: NamedDependency[Principal],
        user_id: FromPath[UUID],
    ) -> RolesOut:
        scoped = None if data.scoped is None else [Scoped(each.role, each.kind, each.id) for each in data.scoped]
        async with db.begin() as uow:
            change = await change_roles(
                uow,
                user_id,
                data.roles,
                scoped=scoped,
                by=principal.user_id,
                reason=data.reason,
                caller=caller_of(request),
            )
            places = await roles_repository.scoped(uow.session, user_id)
        authenticator.forget_user(user_id)
        return RolesOut(sorted(change.after), _scoped(places))

    @put(
        "/{user_id:uuid}/ban",
        operation_id="ban_account",
        summary="Close an account",
        description="Its login sessions and the API keys that it made end, and its sockets close within seconds.",
        status_code=204,
        guards=[require(Permission.PEOPLE_BAN)],
    )
    async def ban(
        self,
        request: AnyRequest,
        data: JSONBody[BanIn],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
        principal: NamedDependency[Principal],
        user_id: FromPath[UUID],
    ) -> None:
        async with db.begin() as uow:
            await staff.ban(uow, user_id, reason=data.reason, by=principal.user_id, caller=caller_of(request))
        authenticator.forget_user(user_id)

    @delete(
        "/{user_id:uuid}/ban",
        operation_id="unban_account",
        summary="Open a closed account again",
        guards=[require(Permission.PEOPLE_BAN)],
    )
    async def unban(
        self,
        request: AnyRequest,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        user_id: FromPath[UUID],
    ) -> None:
        async with db.begin() as uow:
            await staff.unban(uow, user_id, by=principal.user_id, caller=caller_of(request))


class ImpersonationsController(Controller):
    path = "/api/v1/admin"
    tags = ("identity",)
    guards = (require(Permission.PEOPLE_IMPERSONATE),)
    cache_control = CacheControlHeader(no_store=True)

    @post(
        "/users/{user_id:uuid}/impersonate",
        operation_id="begin_impersonation",
        summary="Look through somebody's eyes for fifteen minutes",
        description="The access token reads and changes nothing; `GET /api/v1/auth/me` tells a client to say so. "
        "Nobody of the staff is looked through. Needs a login of at most five minutes ago.",
        guards=[require_fresh],
    )
    async def begin(
        self,
        request: AnyRequest,
        data: JSONBody[ImpersonationIn],
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
        principal: NamedDependency[Principal],
        user_id: FromPath[UUID],
    ) -> ImpersonationOut:
        look = await impersonation.begin(
            db, authenticator, user_id, purpose=data.purpose, by=principal.user_id, caller=caller_of(request)
        )
        return ImpersonationOut(look.session_id, look.access_token, int(ACCESS_LIFETIME.total_seconds()))

    @delete("/impersonations/{session_id:uuid}", operation_id="end_impersonation", summary="Look no longer")
    async def end(
        self,
        request: AnyRequest,
        db: NamedDependency[Database],
        authenticator: NamedDependency[Authenticator],
        principal: NamedDependency[Principal],
        session_id: FromPath[UUID],
    ) -> None:
        await impersonation.end(db, authenticator, session_id, by=principal.user_id, caller=caller_of(request))


def _fields(person: Found) -> dict[str, Any]:
    fields = person._asdict()
    fields["email_verified"] = fields.pop("verified")
    return fields


def _person(person: Found) -> PersonOut:
    return PersonOut(**_fields(person))


def _scoped(roles: Sequence[Scoped]) -> list[ScopedRoleOut]:
    return [ScopedRoleOut(*each) for each in roles]
