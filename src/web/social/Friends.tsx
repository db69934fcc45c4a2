// Friends and those who may become some.

import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import { Outlet } from "react-router";
import account from "../account/account.module.css";
import { BY_CURSOR, Pages } from "../account/Pages";
import { Tabs } from "../account/Tabs";
import { queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { Button, ButtonLink, Card, Empty, Field, Row, Stack } from "../app/ui";
import { type Change, useBond } from "./bonds";
import { PersonLine } from "./Person";

type Listed = Schemas["ListedOut"];
const SHORTEST_SEARCH = 2;

const TABS = [
  ["/friends", "friends"],
  ["/friends/requests", "requests"],
  ["/friends/following", "following"],
  ["/friends/find", "find"],
  ["/friends/blocked", "blocked"],
] as const;

export function Friends() {
  const { t } = useTranslation();
  return (
    <div className={account.page}>
      <Row between><h1>{t("nav.friends")}</h1><ButtonLink small href="/feed">{t("social.feed")}</ButtonLink></Row>
      <Tabs label={t("social.pages")} pages={TABS.map(([to, name]) => [to, t(`social.tab.${name}`)])} />
      <Outlet />
    </div>
  );
}

function Deed({ userId, change, label, look }: { userId: string; change: Change; label: string; look?: "primary" | "danger" }) {
  const bond = useBond(userId);
  const { t } = useTranslation();
  return <Button small {...(look ? { look } : {})} data-busy={bond.isPending || undefined} onPress={() => bond.mutate(change)}>{t(label)}</Button>;
}

function Lines({ items, since, deeds }: { items: Listed[]; since: string; deeds: (userId: string) => React.ReactNode }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <ul className={account.lines}>
      {items.map(({ person, at }) => <PersonLine key={person.user_id} person={person} about={t(since, { date: format.date(at) })}>{deeds(person.user_id)}</PersonLine>)}
    </ul>
  );
}

export function MyFriends() {
  const { t } = useTranslation();
  const friends = queries.useInfiniteQuery("get", "/api/v1/friends", {}, BY_CURSOR);
  const empty = <Empty title={t("social.no_friends")}><p>{t("social.no_friends_about")}</p><ButtonLink look="primary" href="/friends/find">{t("social.tab.find")}</ButtonLink></Empty>;
  return <Pages of={friends} empty={empty}>{(items) => <Card aria-label={t("nav.friends")}><Lines items={items} since="social.friends_since" deeds={() => null} /></Card>}</Pages>;
}

export function Requests() {
  const { t } = useTranslation();
  const asking = queries.useInfiniteQuery("get", "/api/v1/friends/requests", { params: { query: { direction: "in" } } }, BY_CURSOR);
  const asked = queries.useInfiniteQuery("get", "/api/v1/friends/requests", { params: { query: { direction: "out" } } }, BY_CURSOR);
  return (
    <Stack>
      <Card aria-label={t("social.asking")}>
        <Stack>
          <h2>{t("social.asking")}</h2>
          <Pages of={asking} empty={<p className={account.soft}>{t("social.nobody_asks")}</p>}>
            {(items) => (
              <Lines
                items={items} since="social.asked_at"
                deeds={(userId) => <Row><Deed userId={userId} change="accept" label="social.accept" look="primary" /><Deed userId={userId} change="decline" label="social.decline" /></Row>}
              />
            )}
          </Pages>
        </Stack>
      </Card>
      <Card aria-label={t("social.asked")}>
        <Stack>
          <h2>{t("social.asked")}</h2>
          <Pages of={asked} empty={<p className={account.soft}>{t("social.nobody_asked")}</p>}>
            {(items) => <Lines items={items} since="social.asked_at" deeds={(userId) => <Deed userId={userId} change="withdraw" label="social.withdraw" />} />}
          </Pages>
        </Stack>
      </Card>
    </Stack>
  );
}

export function Following() {
  const { t } = useTranslation();
  const following = queries.useInfiniteQuery("get", "/api/v1/following", {}, BY_CURSOR);
  const followers = queries.useInfiniteQuery("get", "/api/v1/followers", {}, BY_CURSOR);
  return (
    <Stack>
      <Card aria-label={t("social.following")}>
        <Stack>
          <h2>{t("social.following")}</h2>
          <Pages of={following} empty={<p className={account.soft}>{t("social.follow_nobody")}</p>}>
            {(items) => <Lines items={items} since="social.since" deeds={(userId) => <Deed userId={userId} change="unfollow" label="social.unfollow" />} />}
          </Pages>
        </Stack>
      </Card>
      <Card aria-label={t("social.followers")}>
        <Stack>
          <h2>{t("social.followers")}</h2>
          <Pages of={followers} empty={<p className={account.soft}>{t("social.no_followers")}</p>}>
            {(items) => <Lines items={items} since="social.since" deeds={(userId) => <Deed userId={userId} change="shake" label="social.shake" />} />}
          </Pages>
        </Stack>
      </Card>
    </Stack>
  );
}

export function Find() {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const handle = useDeferredValue(typed.trim().replace(/^@/, "").toLowerCase());
  const isLong = handle.length >= SHORTEST_SEARCH;
  const found = queries.useInfiniteQuery("get", "/api/v1/people", { params: { query: { handle } } }, { ...BY_CURSOR, enabled: isLong, placeholderData: (before) => before });
  return (
    <Stack>
      <Field type="search" label={t("social.handle")} hint={t("social.handle_hint")} value={typed} onChange={setTyped} maxLength={40} autoComplete="off" />
      <div aria-live="polite">
        {isLong && (
          <Pages of={found} empty={<Empty title={t("social.nobody_found")} />}>
            {(items) => <Card aria-label={t("social.tab.find")}><ul className={account.lines}>{items.map((person) => <PersonLine key={person.user_id} person={person} />)}</ul></Card>}
          </Pages>
        )}
      </div>
    </Stack>
  );
}

export function Blocked() {
  const { t } = useTranslation();
  const format = useFormat();
  const blocked = queries.useInfiniteQuery("get", "/api/v1/blocks", {}, BY_CURSOR);
  return (
    <Card aria-label={t("social.tab.blocked")}>
      <Stack>
        <p>{t("social.blocked_about")}</p>
        <Pages of={blocked} empty={<p className={account.soft}>{t("social.nobody_blocked")}</p>}>
          {(items) => (
            <ul className={account.lines}>
              {items.map(({ user_id, name, at }) => (
                <li key={user_id} className={account.line}>
                  <span className={account.what}><b>{name ?? t("social.somebody")}</b><small>{t("social.since", { date: format.date(at) })}</small></span>
                  <Deed userId={user_id} change="unblock" label="social.unblock" />
                </li>
              ))}
            </ul>
          )}
        </Pages>
      </Stack>
    </Card>
  );
}
