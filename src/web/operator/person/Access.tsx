import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queries, type Schemas } from "../../app/api";
import { useFormat } from "../../app/format";
import { Answer, Button, Chip, Empty, Field } from "../../app/ui";
import { Act, Ask, useRefresh } from "../acting";
import css from "../operator.module.css";
import { Table, Who } from "../parts";

type Entitlement = Schemas["StaffEntitlementOut"];

/** What somebody may use and why; access is given by hand, and taken back. */
export function Access({ userId }: { userId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [granting, setGranting] = useState(false);
  const [ended, setEnded] = useState<Entitlement | null>(null);
  const found = queries.useQuery("get", "/api/v1/admin/users/{user_id}/entitlements", { params: { path: { user_id: userId } } });
  const changed = useRefresh("/api/v1/admin/users/{user_id}/entitlements");
  const end = async (entitlement_id: string, reason: string) => {
    await api.DELETE("/api/v1/admin/entitlements/{entitlement_id}", { params: { path: { entitlement_id }, query: { reason } } });
    await changed();
  };
  return (
    <>
      <div><Button onPress={() => setGranting(true)}>{t("operate.access.grant")}</Button></div>
      <Answer of={found}>
        {(items) => (items.length === 0 ? <Empty title={t("operate.access.none")} /> : (
          <Table
            label={t("operate.access.title")}
            items={items}
            id={(one) => one.id}
            columns={[
              { name: t("operate.access.key"), show: (one) => <><span className={css.code}>{one.key}</span><div className={css.soft}>{one.reason}</div></> },
              { name: t("operate.access.source"), show: (one) => <>{t(`operate.access.${one.source}`)} {one.granted_by && <Who id={one.granted_by} />}</> },
              { name: t("operate.access.until"), wide: true, show: (one) => (one.ends_at ? format.time(one.ends_at) : t("operate.access.for_ever")) },
              { name: t("operate.state"), show: (one) => <Chip tone={one.open ? "good" : "neutral"}>{t(one.open ? "operate.access.open" : "operate.access.over")}</Chip> },
              { name: "", end: true, show: (one) => one.open && one.source === "grant" && <Act act={t("operate.access.end")} on={one.key} look="danger" onPress={() => setEnded(one)} /> },
            ]}
          />
        ))}
      </Answer>
      {granting && <Grant userId={userId} changed={changed} onClose={() => setGranting(false)} />}
      {ended && <Ask title={t("operate.access.end_one", { key: ended.key })} act={t("operate.access.end")} danger reason={t("operate.reason")} onClose={() => setEnded(null)} onAct={(reason) => end(ended.id, reason)} />}
    </>
  );
}

function Grant({ userId, changed, onClose }: { userId: string; changed: () => Promise<unknown>; onClose: () => void }) {
  const { t } = useTranslation();
  const [key, setKey] = useState("courses:*");
  const [days, setDays] = useState("");
  // Another try gives access for the same time.
  const [now] = useState(Date.now);
  const grant = async (reason: string) => {
    const ends_at = days ? new Date(now + Number(days) * 86_400_000).toISOString() : null;
    await api.POST("/api/v1/admin/entitlements", { body: { user_id: userId, key: key.trim(), ends_at, reason } });
    await changed();
  };
  return (
    <Ask title={t("operate.access.grant")} act={t("operate.access.grant")} reason={t("operate.reason")} onClose={onClose} onAct={grant}>
      <Field label={t("operate.access.key")} hint={t("operate.access.key_hint")} isRequired maxLength={130} value={key} onChange={setKey} />
      <Field label={t("operate.access.days")} hint={t("operate.access.days_hint")} inputMode="numeric" pattern="[1-9][0-9]{0,4}" value={days} onChange={setDays} />
    </Ask>
  );
}
