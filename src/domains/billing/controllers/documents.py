"""Invoices, credit notes and receipts as PDF."""

from uuid import UUID

from litestar import Controller, Response, get
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from domains.billing.schemas.documents import DocumentOut
from domains.billing.service import documents
from domains.billing.service.documents import Named
from domains.billing.service.pdf import pdf
from domains.identity.api import Authenticator, Permission, Principal
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database

_PDF = "application/pdf"
_FILE = {200: ResponseSpec(bytes, media_type=_PDF, description="The document", generate_examples=False)}
_HEADERS = [ResponseHeader(name="Content-Disposition", description="What to call the file.", documentation_only=True)]


class DocumentsController(Controller):
    path = "/api/v1"
    tags = ("billing",)

    @get(
        "/payments/{order_id:uuid}/documents",
        operation_id="list_documents",
        summary="Invoice and credit notes of one of my orders, the oldest first",
    )
    async def list_documents(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        authenticator: NamedDependency[Authenticator],
        order_id: FromPath[UUID],
    ) -> list[DocumentOut]:
        owner_id = await _owner(authenticator, principal)
        async with db.begin() as uow:
            return await documents.of_order(uow, order_id, owner_id=owner_id)

    @get(
        "/payments/{order_id:uuid}/invoice.pdf",
        operation_id="get_invoice",
        summary="The invoice of a paid order",
        responses=_FILE,
        response_headers=_HEADERS,
        media_type=_PDF,
    )
    async def get_invoice(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        authenticator: NamedDependency[Authenticator],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:
        owner_id = await _owner(authenticator, principal)
        async with db.begin() as uow:
            found = await documents.invoice(uow, order_id, owner_id=owner_id)
        return await _file(found)

    @get(
        "/payments/{order_id:uuid}/receipt.pdf",
        operation_id="get_receipt",
        summary="What was paid for an order and given back, until now",
        responses=_FILE,
        response_headers=_HEADERS,
        media_type=_PDF,
    )
    async def get_receipt(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        authenticator: NamedDependency[Authenticator],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:
        owner_id = await _owner(authenticator, principal)
        async with db.begin() as uow:
            found = await documents.receipt(uow, order_id, utc_now(), owner_id=owner_id)
        return await _file(found)

    @get(
        "/documents/{document_id:uuid}",
        operation_id="get_document",
        summary="One invoice or credit note",
        responses=_FILE,
        response_headers=_HEADERS,
        media_type=_PDF,
    )
    async def get_document(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        authenticator: NamedDependency[Authenticator],
        document_id: FromPath[UUID],
    ) -> Response[bytes]:
        owner_id = await _owner(authenticator, principal)
        async with db.begin() as uow:
            found = await documents.one(uow, document_id, owner_id=owner_id)
        return await _file(found)


async def _owner(authenticator: Authenticator, principal: Principal) -> UUID | None:
    """Whose documents the caller may see; None is everybody's."""
    if await authenticator.may(principal, Permission.BILLING_READ):
        return None
    return principal.user_id


async def _file(named: Named) -> Response[bytes]:
    """Made after the transaction has ended, so that no connection waits for it."""
    headers = {"content-disposition": f'attachment; filename="{named.filename}"', "cache-control": "no-store"}
    return Response(await pdf(named.document), media_type=_PDF, headers=headers)
