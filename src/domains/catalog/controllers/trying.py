"""For editors of exercises: what each kind is made of, and how one that is being written would be asked and graded."""

import asyncio
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from domains.catalog.errors import AnswerShape
from domains.catalog.kinds import KINDS, Content
from domains.catalog.policy.lexicon import lexicon
from domains.catalog.schemas.trying import KindOut, KindsOut, TriedGradeOut, TriedOut, TryIn, named_field
from domains.catalog.service.authors import access
from domains.identity.api import Principal
from domains.kernel.uow import Database


def _kinds() -> KindsOut:
    _, definitions = msgspec.json.schema_components(KINDS.values(), ref_template="#/$defs/{name}")
    items = [
        KindOut(
            kind=name,
            definition=kind.__name__,
            languages=kind.languages("target", "source"),  # type: ignore[arg-type]
            example=dict(kind.example),
            answer_form=kind.answer_form,
        )
        for name, kind in KINDS.items()
    ]
    return KindsOut(items, definitions)


class TryingController(Controller):
    path = "/api/v1/authoring"
    tags = ("authoring",)
    cache_control = CacheControlHeader(no_store=True)

    @get("/kinds", operation_id="list_kinds", summary="Kinds of exercises, with the JSON Schemas of their content")
    async def kinds(self) -> KindsOut:
        return _KINDS

    @post(
        "/courses/{course_id:uuid}/try",
        operation_id="try_exercise",
        summary="See content of an exercise as a learner would, and try an answer to it; nothing is kept",
        description="Slips are judged by the words of the exercise alone, not by those of the whole course.",
        status_code=HTTP_200_OK,
    )
    async def try_out(
        self,
        db: NamedDependency[Database],
        principal: NamedDependency[Principal],
        course_id: FromPath[UUID],
        data: JSONBody[TryIn],
    ) -> TriedOut:
        async with db.begin() as uow:
            await access(uow, principal.user_id, course_id)
        # Many accepted answers take long to be compared with.
        return await asyncio.to_thread(_tried, data)


def _tried(wish: TryIn) -> TriedOut:
    try:
        content: Content = msgspec.convert(wish.content, type=Content)
    except msgspec.ValidationError as error:
        message, field = named_field(error)
        return TriedOut(message=message, field=field)
    prompt = content.prompt("try")
    if wish.answer is None:
        return TriedOut(prompt)
    try:
        grade = content.grade(msgspec.json.encode(wish.answer), lexicon(content.texts()))
    except AnswerShape as refused:
        return TriedOut(prompt, answer_message=refused.detail)
    return TriedOut(prompt, grade=msgspec.convert(grade, TriedGradeOut, from_attributes=True))


_KINDS = _kinds()
