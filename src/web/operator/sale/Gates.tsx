// Keys that need an entitlement; everything else is open to everybody.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queries } from "../../app/api";
import { Answer, Button, Empty, Field } from "../../app/ui";
import { Act, Ask, useRefresh } from "../acting";
import css from "../operator.module.css";
import { Ago, Table } from "../parts";

export function Gates() {
  const { t } = useTranslation();
  const [closing, setClosing] = useState(false);
  const [opened, setOpened] = useState<string | null>(null);
  const [key, setKey] = useState("");
  const gates = queries.useQuery("get", "/api/v1/admin/gates");
  const changed = useRefresh("/api/v1/admin/gates");
  const put = async () => {
    await api.PUT("/api/v1/admin/gates/{key}", { params: { path: { key: key.trim() } } });
    await changed();
  };
  const open = async (of: string) => {
    await api.DELETE("/api/v1/admin/gates/{key}", { params: { path: { key: of } } });
    await changed();
  };
  return (
    <>
      <div><Button look="primary" onPress={() => { setKey(""); setClosing(true); }}>{t("operate.gates.close")}</Button></div>
      <Answer of={gates}>
        {(items) => (items.length === 0 ? <Empty title={t("operate.gates.none")} /> : (
          <Table
            label={t("operate.gates.title")} items={items} id={(gate) => gate.key}
            columns={[
              { name: t("operate.access.key"), show: (gate) => <span className={css.code}>{gate.key}</span> },
              { name: t("operate.gates.since"), show: (gate) => <Ago at={gate.created_at} /> },
              { name: "", end: true, show: (gate) => <Act act={t("operate.gates.open")} on={gate.key} onPress={() => setOpened(gate.key)} /> },
            ]}
          />
        ))}
      </Answer>
      {closing && (
        <Ask title={t("operate.gates.close")} why={t("operate.gates.close_why")} act={t("operate.gates.close")} onClose={() => setClosing(false)} onAct={put}>
          <Field label={t("operate.access.key")} hint={t("operate.access.key_hint")} isRequired maxLength={130} value={key} onChange={setKey} />
        </Ask>
      )}
      {opened && <Ask title={t("operate.gates.open_one", { key: opened })} why={t("operate.gates.open_why")} act={t("operate.gates.open")} onClose={() => setOpened(null)} onAct={() => open(opened)} />}
    </>
  );
}
