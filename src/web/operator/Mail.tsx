// Addresses that no mail goes to any more.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useNavigate } from "react-router";
import { api, body, queries } from "../app/api";
import { Button, Chip, Field } from "../app/ui";
import { Act, Ask, useRefresh } from "./acting";
import { useDebouncedValue } from "./debounced";
import css from "./operator.module.css";
import { Ago, Head, PAGES, Pages } from "./parts";
import { PAGE, Take } from "./take";

export function Mail() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  // In the history of this tab alone: an address of somebody does not stand in one of the client.
  const [typed, setTyped] = useState((useLocation().state as { prefix?: string } | null)?.prefix ?? "");
  const prefix = useDebouncedValue(typed.trim());
  const [lifted, setLifted] = useState<string | null>(null);
  const [adding, setAdding] = useState(false);
  const [address, setAddress] = useState("");
  const found = queries.useInfiniteQuery("get", "/api/v1/admin/mail/suppressions", { params: { query: { address: prefix } } }, PAGES);
  const changed = useRefresh("/api/v1/admin/mail/suppressions");
  const look = (text: string) => {
    setTyped(text);
    void navigate(".", { replace: true, state: { prefix: text } });
  };
  const lift = async (of: string) => {
    await api.DELETE("/api/v1/admin/mail/suppressions", { params: { query: { address: of } } });
    await changed();
  };
  const add = async (detail: string) => {
    await api.POST("/api/v1/admin/mail/suppressions", { body: { address: address.trim(), detail } });
    await changed();
  };
  return (
    <>
      <Head title={t("operate.place.mail")} lead={t("operate.mail.lead")}>
        <Button onPress={() => { setAddress(""); setAdding(true); }}>{t("operate.mail.add")}</Button>
      </Head>
      <div className={css.filters}>
        <Field label={t("operate.mail.prefix")} type="search" value={typed} onChange={look} />
        <Take name="blocked-addresses" page={(cursor) => body(api.GET("/api/v1/admin/mail/suppressions", { params: { query: { address: prefix, limit: PAGE, cursor } } }))} />
      </div>
      <Pages
        of={found} label={t("operate.place.mail")} empty={t("operate.mail.none")} id={(one) => one.address}
        columns={[
          { name: t("operate.mail.address"), show: (one) => <span className={css.name}>{one.address}</span> },
          { name: t("operate.mail.why"), show: (one) => <><Chip tone={one.reason === "complaint" ? "bad" : "warn"}>{t(`operate.mail.${one.reason}`, { defaultValue: one.reason })}</Chip><div className={css.soft}>{one.detail}</div></> },
          { name: t("operate.mail.since"), wide: true, show: (one) => <Ago at={one.created_at} /> },
          { name: "", end: true, show: (one) => <Act act={t("operate.mail.lift")} on={one.address} onPress={() => setLifted(one.address)} /> },
        ]}
      />
      {lifted && <Ask title={t("operate.mail.lift_one", { address: lifted })} why={t("operate.mail.lift_why")} act={t("operate.mail.lift")} onClose={() => setLifted(null)} onAct={() => lift(lifted)} />}
      {adding && (
        <Ask title={t("operate.mail.add")} act={t("operate.mail.add")} reason={t("operate.reason")} onClose={() => setAdding(false)} onAct={add}>
          <Field label={t("operate.mail.address")} type="email" isRequired maxLength={320} value={address} onChange={setAddress} />
        </Ask>
      )}
    </>
  );
}
