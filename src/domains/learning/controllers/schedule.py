"""What is due, flashcards, and how a learner wants to be asked again."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post, put
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from domains.identity.api import Principal
from domains.kernel.uow import Database
from domains.learning.schemas import DueOut, FlashcardsOut, ReviewIn, ReviewOut, ScheduleIn, ScheduleOut
from domains.learning.service import flashcards, schedule

DUE_DAYS = 7


class DueController(Controller):
    path = "/api/v1/courses/{course_id:uuid}"
    tags = ("learning",)
    cache_control = CacheControlHeader(no_store=True)

    @get(
        "/due",
        operation_id="get_due",
        summary="How much of a course is due for review, now and in the coming week",
        description="Counts words and phrases that I was asked for before. What the course no longer has is not due.",
    )
    async def due(
        self, db: NamedDependency[Database], principal: NamedDependency[Principal], course_id: FromPath[UUID]
    ) -> DueOut:
        return DueOut(course_id, *await flashcards.due(db, principal.user_id, course_id, DUE_DAYS))

    @get(
        "/flashcards",
        operation_id="list_flashcards",
        summary="Cards to review by myself: what is due, the longest due first, and new ones where I ask for them",
        description="`intervals_s` tells for each button how long until the card would come again.",
    )
    async def cards(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        limit: Annotated[int, QueryParameter(ge=1, le=100, description="At most so many cards.")] = 20,
        new: Annotated[int, QueryParameter(ge=0, le=50, description="At most so many of them never seen.")] = 0,
    ) -> FlashcardsOut:
        return await flashcards.to_review(db, principal.user_id, course_id, limit=limit, new=new)

    @post(
        "/flashcards/{item_id:uuid}/reviews",
        operation_id="review_flashcard",
        summary="Say how well I remembered a card, and learn when it comes again",
        description="Moves the same memory as exercises about the same word or phrase. Earns nothing.",
        status_code=HTTP_200_OK,
    )
    async def review(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        item_id: FromPath[UUID],
        data: JSONBody[ReviewIn],
        key: Annotated[
            str | None,
            HeaderParameter(name="Idempotency-Key", description="The same key again gives the same answer."),
        ] = None,
    ) -> ReviewOut:
        return await flashcards.review(
            db,
            user_id=principal.user_id,
            course_id=course_id,
            item_id=item_id,
            button=data.rating,
            elapsed_ms=data.elapsed_ms,
            key=key,
        )


class ScheduleController(Controller):
    path = "/api/v1/schedule"
    tags = ("learning",)
    cache_control = CacheControlHeader(no_store=True)

    @get("/", operation_id="get_schedule", summary="How I want to be asked again")
    async def show(self, db: NamedDependency[Database], principal: NamedDependency[Principal]) -> ScheduleOut:
        return ScheduleOut.of(await schedule.rules(db, principal.user_id))

    @put(
        "/",
        operation_id="set_schedule",
        summary="Say how I want to be asked again; holds for all that is scheduled already",
        description="`desired_retention` is the share of items that I want to remember when they come up: more of it "
        "means more reviews. `balanced` spreads what would come due on one day over the days around. `parameters` are "
        "the 21 weights of FSRS-6, fitted elsewhere to my own reviews; null for those that fit most people.",
    )
    async def change(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        data: JSONBody[ScheduleIn],
    ) -> ScheduleOut:
        return ScheduleOut.of(await schedule.set_rules(db, principal.user_id, data.rules()))
