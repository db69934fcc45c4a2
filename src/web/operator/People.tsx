// Looking people up. What was looked for and why is kept by the server; it never stands in an address.

import { useInfiniteQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation, useNavigate } from "react-router";
import { api, body } from "../app/api";
import { Button, Card, Chip, Field, Row } from "../app/ui";
import css from "./operator.module.css";
import { Ago, Head, ONCE, Pages } from "./parts";

interface Wanted {
  query: string;
  purpose: string;
}

export function People() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const wanted = useLocation().state as Wanted | null;
  const [query, setQuery] = useState(wanted?.query ?? "");
  const [purpose, setPurpose] = useState(wanted?.purpose ?? "");
  const people = useInfiniteQuery({
    ...ONCE,
    queryKey: ["post", "/api/v1/admin/users/search", wanted],
    enabled: wanted !== null,
    queryFn: ({ pageParam }) => body(api.POST("/api/v1/admin/users/search", { body: { query: wanted?.query ?? "", purpose: wanted?.purpose ?? "", limit: 20, cursor: pageParam } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // In the history of this tab alone, so that the way back shows the same.
    void navigate(".", { state: { query: query.trim(), purpose: purpose.trim() }, replace: wanted !== null });
    if (wanted?.query === query.trim() && wanted.purpose === purpose.trim()) void people.refetch();
  };
  return (
    <>
      <Head title={t("operate.place.people")} lead={t("operate.people.lead")} />
      <Card>
        <form onSubmit={submit} role="search" className={css.search}>
          <Field label={t("operate.people.query")} type="search" isRequired minLength={2} maxLength={254} value={query} onChange={setQuery} autoFocus />
          <Field label={t("operate.people.purpose")} isRequired minLength={3} maxLength={500} value={purpose} onChange={setPurpose} />
          <Button type="submit" look="primary">{t("operate.people.search")}</Button>
        </form>
      </Card>
      {wanted && (
        <div aria-live="polite">
          <Pages
            of={people}
            label={t("operate.people.found")}
            empty={t("operate.people.none")}
            id={(person) => person.id}
            columns={[
              { name: t("operate.people.name"), show: (person) => <><Link className={css.name} to={`/admin/people/${person.id}`}>{person.name}</Link><div className={css.soft}>{person.email ?? t("operate.people.guest")}</div></> },
              { name: t("operate.people.roles"), wide: true, show: (person) => <Row>{person.roles.filter((role) => role !== "learner").map((role) => <Chip key={role}>{t(`operate.role.${role}`)}</Chip>)}</Row> },
              { name: t("operate.people.seen"), wide: true, show: (person) => <Ago at={person.last_seen_at} /> },
              { name: t("operate.state"), end: true, show: (person) => (person.banned_at ? <Chip tone="bad">{t("operate.people.banned")}</Chip> : person.merged_into ? <Chip>{t("operate.people.merged")}</Chip> : <Chip tone="good">{t("operate.people.open")}</Chip>) },
            ]}
          />
        </div>
      )}
    </>
  );
}
