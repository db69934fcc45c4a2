"""What documents say about the person who pays."""

from litestar import Controller, get, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import JSONBody

from domains.billing.policy.customers import CustomerTerms
from domains.billing.schemas.customers import CustomerIn, CustomerOut
from domains.billing.service import customers
from domains.identity.api import Principal
from domains.kernel.uow import UnitOfWork


class CustomerController(Controller):
    path = "/api/v1/billing/customer"
    tags = ("billing",)
    cache_control = CacheControlHeader(no_store=True)

    @get("/", operation_id="get_customer", summary="Whom my documents are made out to")
    async def get_customer(
        self, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> CustomerOut:
        return CustomerOut(**(await customers.shown(uow, principal.user_id))._asdict())

    @put("/", operation_id="set_customer", summary="Say whom my documents are made out to")
    async def set_customer(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        data: JSONBody[CustomerIn],
    ) -> CustomerOut:
        terms = CustomerTerms(data.name, data.email, data.country, data.region, data.address, data.tax_id)
        return CustomerOut(**(await customers.keep(uow, principal.user_id, terms))._asdict())
