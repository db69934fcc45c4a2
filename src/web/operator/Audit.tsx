// What was done to accounts and in the house, and by whom.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Search } from "../account/controls";
import { api, body, queries } from "../app/api";
import { useFormat } from "../app/format";
import { Button, Chip, Field } from "../app/ui";
import css from "./operator.module.css";
import { Head, PAGES, Pages, useFilters, Who } from "./parts";
import { PAGE, Take } from "./take";
import { ACTIONS, type Action } from "./actions";

export function Audit() {
  const { t } = useTranslation();
  const format = useFormat();
  const [address, choose, clear] = useFilters();
  const [since, until] = [day(address.get("since")), day(address.get("until"))];
  const query = {
    user_id: address.get("person"),
    actor_id: address.get("by"),
    action: ACTIONS.find((one) => one === address.get("action")) ?? null,
    since: since?.toISOString() ?? null,
    // The last day is meant with all its hours.
    until: until ? new Date(until.getFullYear(), until.getMonth(), until.getDate() + 1).toISOString() : null,
  };
  const entries = queries.useInfiniteQuery("get", "/api/v1/admin/audit", { params: { query } }, PAGES);
  return (
    <>
      <Head title={t("operate.place.audit")} lead={t("operate.audit.lead")} />
      <div className={css.filters}>
        <Search label={t("operate.audit.action")} value={query.action ?? ""} onChange={(id) => choose("action", id)} choices={[{ id: "", name: t("operate.all") }, ...ACTIONS.map((id: Action) => ({ id, name: t(`operate.action.${id}`) }))]} />
        <Id label={t("operate.audit.person")} value={query.user_id ?? ""} onChange={(id) => choose("person", id)} />
        <Id label={t("operate.audit.by")} value={query.actor_id ?? ""} onChange={(id) => choose("by", id)} />
        <Field type="date" label={t("operate.audit.since")} value={address.get("since") ?? ""} onChange={(typed) => choose("since", typed)} />
        <Field type="date" label={t("operate.audit.until")} value={address.get("until") ?? ""} onChange={(typed) => choose("until", typed)} />
        {address.size > 0 && <Button look="quiet" onPress={clear}>{t("operate.audit.clear")}</Button>}
        <Take name="audit" page={(cursor) => body(api.GET("/api/v1/admin/audit", { params: { query: { ...query, limit: PAGE, cursor } } }))} />
      </div>
      <Pages
        of={entries}
        label={t("operate.place.audit")}
        empty={t("operate.audit.none")}
        id={(entry) => entry.id}
        columns={[
          {
            name: t("operate.audit.action"),
            show: (entry) => <><Chip>{t(`operate.action.${entry.action}`, { defaultValue: entry.action })}</Chip><div className={`${css.soft} ${css.code}`}>{told(entry.detail)}</div></>,
          },
          { name: t("operate.audit.person"), show: (entry) => <Who id={entry.user_id} /> },
          { name: t("operate.audit.by"), wide: true, show: (entry) => <Who id={entry.actor_id} /> },
          { name: t("operate.audit.at"), end: true, show: (entry) => <time dateTime={entry.at}>{format.time(entry.at)}</time> },
        ]}
      />
    </>
  );
}

/** A day of here, as a field for days gives it. */
function day(text: string | null): Date | null {
  const begun = new Date(`${text}T00:00`);
  return text === null || Number.isNaN(begun.getTime()) ? null : begun;
}

function told(detail: Record<string, unknown>): string {
  return Object.entries(detail).filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : String(value)}`).join(" · ");
}

/** Applies once a whole id is there. */
function Id({ label, value, onChange }: { label: string; value: string; onChange: (id: string) => void }) {
  const [text, setText] = useState(value);
  const [last, setLast] = useState(value);
  if (value !== last) {
    setLast(value);
    setText(value);
  }
  const type = (typed: string) => {
    setText(typed);
    const id = typed.trim();
    if (id === "" || /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(id)) onChange(id);
  };
  return <Field label={label} value={text} onChange={type} />;
}
