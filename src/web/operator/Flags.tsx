// Feature flags: what is switched on for whom.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { Answer, Bar, Button, Chip, Empty, Field, Row } from "../app/ui";
import { Act, Ask, useRefresh } from "./acting";
import css from "./operator.module.css";
import { Ago, Checks, Head, Table, Who } from "./parts";

type Flag = Schemas["FlagOut"];
const ENVIRONMENTS = ["development", "production"] as const;
const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi;

export function Flags() {
  const { t } = useTranslation();
  const format = useFormat();
  const changed = useRefresh("/api/v1/admin/flags");
  const [edited, setEdited] = useState<Flag | "new" | null>(null);
  const [removed, setRemoved] = useState<Flag | null>(null);
  const flags = queries.useQuery("get", "/api/v1/admin/flags");
  const remove = async (name: string) => {
    await api.DELETE("/api/v1/admin/flags/{name}", { params: { path: { name } } });
    await changed();
  };
  return (
    <>
      <Head title={t("operate.place.flags")} lead={t("operate.flags.lead")}>
        <Button look="primary" onPress={() => setEdited("new")}>{t("operate.flags.new")}</Button>
      </Head>
      <Answer of={flags}>
        {({ items, environment }) => (
          <>
            <p className={css.soft}>{t("operate.flags.here", { environment: t(`operate.flags.${environment}`) })}</p>
            {items.length === 0 ? <Empty title={t("operate.flags.none")} /> : (
              <Table
                label={t("operate.place.flags")}
                items={items}
                id={(flag) => flag.name}
                columns={[
                  { name: t("operate.flags.name"), show: (flag) => <><button type="button" className={`${css.link} ${css.code}`} onClick={() => setEdited(flag)}>{flag.name}</button><div className={css.soft}>{flag.note}</div></> },
                  { name: t("operate.flags.share"), show: (flag) => <div className={css.share}>{format.percent(flag.percentage / 100)}<Bar share={flag.percentage / 100} label={t("operate.flags.share_of", { name: flag.name })} /></div> },
                  { name: t("operate.flags.where_short"), wide: true, show: (flag) => <Row>{flag.environments.length ? flag.environments.map((one) => <Chip key={one} tone={one === environment ? "good" : "neutral"}>{t(`operate.flags.${one}`)}</Chip>) : "–"}</Row> },
                  { name: t("operate.flags.people_short"), end: true, wide: true, show: (flag) => format.number(flag.people.length) },
                  { name: t("operate.flags.changed"), wide: true, show: (flag) => <><Ago at={flag.changed_at} /> {flag.changed_by && <Who id={flag.changed_by} />}</> },
                  { name: "", end: true, show: (flag) => <Act act={t("operate.remove")} on={flag.name} look="danger" onPress={() => setRemoved(flag)} /> },
                ]}
              />
            )}
          </>
        )}
      </Answer>
      {edited && <Editor of={edited === "new" ? null : edited} onClose={() => setEdited(null)} />}
      {removed && <Ask title={t("operate.flags.remove_one", { name: removed.name })} why={t("operate.flags.remove_why")} act={t("operate.remove")} danger onClose={() => setRemoved(null)} onAct={() => remove(removed.name)} />}
    </>
  );
}

function Editor({ of, onClose }: { of: Flag | null; onClose: () => void }) {
  const { t } = useTranslation();
  const changed = useRefresh("/api/v1/admin/flags");
  const [name, setName] = useState(of?.name ?? "");
  const [note, setNote] = useState(of?.note ?? "");
  const [share, setShare] = useState(String(of?.percentage ?? 0));
  const [where, setWhere] = useState<string[]>(of?.environments ?? [...ENVIRONMENTS]);
  const [people, setPeople] = useState((of?.people ?? []).join("\n"));
  const put = async () => {
    await api.PUT("/api/v1/admin/flags/{name}", {
      params: { path: { name } },
      body: { note, percentage: Number(share), environments: ENVIRONMENTS.filter((one) => where.includes(one)), people: people.match(UUID) ?? [] },
    });
    await changed();
  };
  return (
    <Ask title={of ? of.name : t("operate.flags.new")} act={t("operate.save")} onClose={onClose} onAct={put}>
      {!of && <Field label={t("operate.flags.name")} hint={t("operate.flags.name_hint")} isRequired autoFocus pattern="[a-z][a-z0-9_]{0,63}" value={name} onChange={setName} />}
      <Field label={t("operate.flags.note")} maxLength={500} value={note} onChange={setNote} />
      <Field label={t("operate.flags.percentage")} hint={t("operate.flags.percentage_hint")} isRequired inputMode="numeric" pattern="100|[1-9]?[0-9]" value={share} onChange={setShare} />
      <Checks label={t("operate.flags.where")} choices={ENVIRONMENTS.map((id) => [id, t(`operate.flags.${id}`)])} value={where} onChange={setWhere} />
      <Field label={t("operate.flags.people")} hint={t("operate.flags.people_hint")} lines={3} validate={(text) => (text.replaceAll(UUID, "").replaceAll(/[\s,;]/g, "") ? t("operate.flags.people_unfit") : null)} value={people} onChange={setPeople} />
    </Ask>
  );
}
