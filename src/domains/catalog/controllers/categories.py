"""What a platform sorts its courses into, over REST: everybody reads it, operators keep it."""

from typing import Annotated

from litestar import Controller, delete, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.status_codes import HTTP_204_NO_CONTENT

from domains.catalog.content import SLUG, SLUG_LENGTH
from domains.catalog.schemas.courses import CategoriesOut, CategoryIn
from domains.catalog.service import listing
from domains.identity.api import Permission
from domains.identity.guards import PUBLIC, require
from domains.kernel.uow import Database

_SLUG = Annotated[str, PathParameter(pattern=f"^{SLUG.pattern}$", max_length=SLUG_LENGTH)]
_LANGUAGE = Annotated[str | None, QueryParameter(max_length=35, description="Of the titles; BCP 47.")]


class CategoriesController(Controller):
    path = "/api/v1/categories"
    tags = ("courses",)

    @get(
        "/",
        operation_id="list_categories",
        summary="Categories, with how many courses are in each",
        opt=PUBLIC,
    )
    async def list_categories(self, db: NamedDependency[Database], language: _LANGUAGE = None) -> CategoriesOut:
        return await listing.categories(db, language)

    @put(
        "/{slug:str}",
        operation_id="save_category",
        summary="Make a category, or change one",
        guards=[require(Permission.CATEGORIES_KEEP)],
        status_code=HTTP_204_NO_CONTENT,
    )
    async def save_category(self, db: NamedDependency[Database], slug: _SLUG, data: JSONBody[CategoryIn]) -> None:
        await listing.save_category(db, slug, data)

    @delete(
        "/{slug:str}",
        operation_id="delete_category",
        summary="Take a category away; courses stay, and those below it come to the top",
        guards=[require(Permission.CATEGORIES_KEEP)],
        status_code=HTTP_204_NO_CONTENT,
    )
    async def delete_category(self, db: NamedDependency[Database], slug: _SLUG) -> None:
        await listing.drop_category(db, slug)
