"""Pictures of people: brought to media, named by the profile, gone with it."""

import httpx

from domains.identity.events import AccountErased, AccountMerged
from domains.kernel.uow import Database
from factories.files import bring, picture
from factories.people import Learner, register
from factories.social import befriend


async def wear(who: Learner, file_id: str | None) -> httpx.Response:
    return await who.http.patch("/api/v1/profile", json={"avatar_file_id": file_id}, headers=who.headers)


async def test_a_picture_of_oneself_is_shown_to_friends(client: httpx.AsyncClient) -> None:
    ada, bob, eve = [await register(client, name) for name in ("Ada", "Bob", "Eve")]
    await befriend(ada, bob)
    file = await bring(ada, picture(300, 300), purpose="avatar")
    shown = (await wear(ada, file["id"])).json()["avatar"]
    assert shown == f"/media/{file['ref'].removeprefix('sha256:')}/square"
    answer = await client.get(shown)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    assert (await bob.get(f"/people/{ada.id}")).json()["avatar"] == shown
    assert "avatar" not in (await eve.get(f"/people/{ada.id}")).json()
    await ada.http.put("/api/v1/profile/handle", json={"handle": "ada_1815"}, headers=ada.headers)
    friends = (await bob.get("/friends")).json()["items"]
    assert [one["person"]["avatar"] for one in friends] == [shown]
    for who, seen in ((bob, shown), (eve, None)):
        found = (await who.get("/people?handle=ada_1815")).json()["items"]
        assert [one["avatar"] for one in found] == [seen]
    in_use = await client.delete(f"/api/v1/media/{file['id']}", headers=ada.headers)
    assert (in_use.status_code, in_use.json()["used_by"]) == (409, [f"avatar:{ada.id}"])
    assert (await wear(eve, file["id"])).json()["code"] == "profiles.bad_field"
    assert (await wear(ada, None)).json()["avatar"] is None
    assert (await client.delete(f"/api/v1/media/{file['id']}", headers=ada.headers)).status_code == 204


async def test_a_picture_goes_with_its_owner_and_comes_along_with_a_guest(
    client: httpx.AsyncClient, db: Database
) -> None:
    ada, bob = await register(client, "Ada"), await register(client, "Bob")
    file = await bring(ada, picture(300, 300), purpose="avatar")
    shown = (await wear(ada, file["id"])).json()["avatar"]
    async with db.begin() as uow:
        uow.record(AccountMerged(from_id=ada.id, into_id=bob.id))
    assert (await bob.get("/profile")).json()["avatar"] == shown
    assert (await client.get(shown)).status_code == 200
    async with db.begin() as uow:
        uow.record(AccountErased(user_id=bob.id))
    assert (await client.get(shown)).status_code == 404
    assert await db.fetch("SELECT 1 FROM media_use UNION ALL SELECT 1 FROM media_file") == []
