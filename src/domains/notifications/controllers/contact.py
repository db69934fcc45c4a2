"""The contact form, for everybody, and its queue, for the staff."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from domains.identity.api import Permission, Principal
from domains.identity.guards import PUBLIC, require
from domains.kernel.clock import utc_now
from domains.kernel.page import Limit, Page, decode_cursor, page_of
from domains.kernel.uow import Database, UnitOfWork
from domains.notifications.errors import TicketNotFound
from domains.notifications.models import Ticket
from domains.notifications.repository import tickets as repository
from domains.notifications.schemas.contact import AnswerIn, ContactIn, ContactOut, TicketOut, TicketState
from domains.notifications.service import contact as service

AnyRequest = Request[Any, Any, Any]


class ContactController(Controller):
    path = "/api/v1/contact"
    tags = ("notifications",)
    cache_control = CacheControlHeader(no_store=True)

    @post(
        "/",
        operation_id="send_message",
        summary="Write to the people who run the place",
        description="The answer comes by mail. At most 5 a day from one e-mail address, and 10 from one place; "
        "the same words within ten minutes are the same message.",
        opt=PUBLIC,
    )
    async def send(self, request: AnyRequest, data: JSONBody[ContactIn], db: NamedDependency[Database]) -> ContactOut:
        principal: Principal | None = request.scope["user"]
        number = await service.take(
            db,
            service.Message(data.name, data.email, data.locale, data.subject, data.message, data.website),
            user_id=principal.user_id if principal else None,
            host=request.client.host if request.client else None,
            now=utc_now(),
        )
        return ContactOut(number)


class TicketsController(Controller):
    path = "/api/v1/admin/tickets"
    tags = ("notifications",)
    guards = [require(Permission.CONTACT_ANSWER)]  # noqa: RUF012 - Litestar reads it from the class
    cache_control = CacheControlHeader(no_store=True)

    @get("/", operation_id="list_tickets", summary="Messages by the contact form, the oldest first")
    async def list_tickets(
        self,
        uow: NamedDependency[UnitOfWork],
        status: FromQuery[TicketState] = "open",
        cursor: FromQuery[str | None] = None,
        limit: Limit = 20,
    ) -> Page[TicketOut]:
        after = decode_cursor(cursor, UUID)
        found = await repository.tickets(uow.session, status, after=after, most=limit + 1)
        return page_of([_out(ticket) for ticket in found], limit, lambda ticket: ticket.id)

    @get("/{ticket_id:uuid}", operation_id="show_ticket", summary="One message")
    async def show(self, uow: NamedDependency[UnitOfWork], ticket_id: FromPath[UUID]) -> TicketOut:
        found = await repository.ticket(uow.session, ticket_id)
        if found is None:
            raise TicketNotFound
        return _out(found)

    @post(
        "/{ticket_id:uuid}/answer",
        operation_id="answer_ticket",
        summary="Answer a message by mail",
        status_code=HTTP_200_OK,
    )
    async def answer(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        ticket_id: FromPath[UUID],
        data: JSONBody[AnswerIn],
    ) -> TicketOut:
        answered = await service.answer(uow, ticket_id, data.answer, staff_id=principal.user_id, now=utc_now())
        return _out(answered)

    @post(
        "/{ticket_id:uuid}/close",
        operation_id="close_ticket",
        summary="Close a message without an answer",
        status_code=HTTP_200_OK,
    )
    async def close(self, uow: NamedDependency[UnitOfWork], ticket_id: FromPath[UUID]) -> TicketOut:
        return _out(await service.set_aside(uow, ticket_id, "closed"))

    @post(
        "/{ticket_id:uuid}/spam",
        operation_id="mark_ticket_as_spam",
        summary="Put a message aside as spam",
        status_code=HTTP_200_OK,
    )
    async def spam(self, uow: NamedDependency[UnitOfWork], ticket_id: FromPath[UUID]) -> TicketOut:
        return _out(await service.set_aside(uow, ticket_id, "spam"))


def _out(ticket: Ticket) -> TicketOut:
    return TicketOut(
        **{field: getattr(ticket, field) for field in TicketOut.__struct_fields__},
    )
