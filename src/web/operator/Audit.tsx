// What was done to accounts and in the house, and by whom.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { Search } from "../account/controls";
import { queries } from "../app/api";
import { useFormat } from "../app/format";
import { Button, Chip, Field } from "../app/ui";
import css from "./operator.module.css";
import { Head, PAGES, Pages, Who } from "./parts";
import { ACTIONS, type Action } from "./actions";

export function Audit() {
  const { t } = useTranslation();
  const format = useFormat();
  const [address, setAddress] = useSearchParams();
  const user_id = address.get("person");
  const actor_id = address.get("by");
  const action = ACTIONS.find((one) => one === address.get("action")) ?? null;
  const entries = queries.useInfiniteQuery("get", "/api/v1/admin/audit", { params: { query: { user_id, actor_id, action } } }, PAGES);
  const choose = (name: string, value: string) => setAddress((before) => {
    if (value) before.set(name, value);
    else before.delete(name);
    return before;
  });
  return (
    <>
      <Head title={t("operate.place.audit")} lead={t("operate.audit.lead")} />
      <div className={css.filters}>
        <Search label={t("operate.audit.action")} value={action ?? ""} onChange={(id) => choose("action", id)} choices={[{ id: "", name: t("operate.all") }, ...ACTIONS.map((id: Action) => ({ id, name: t(`operate.action.${id}`) }))]} />
        <Id label={t("operate.audit.person")} value={user_id ?? ""} onChange={(id) => choose("person", id)} />
        <Id label={t("operate.audit.by")} value={actor_id ?? ""} onChange={(id) => choose("by", id)} />
        {address.size > 0 && <Button look="quiet" onPress={() => setAddress({})}>{t("operate.audit.clear")}</Button>}
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
