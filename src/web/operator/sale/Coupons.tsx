// Coupons and how often they were used.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Select } from "../../account/controls";
import { api, body, queries, type Schemas } from "../../app/api";
import { useFormat } from "../../app/format";
import { Button, Field, Row } from "../../app/ui";
import { Ask, Do, useRefresh } from "../acting";
import css from "../operator.module.css";
import { PAGES, Pages } from "../parts";
import { PAGE, Take } from "../take";
import { AMOUNT, minor } from "./money";
import { Active } from "./Products";

type Coupon = Schemas["CouponOut"];

const useChanged = () => useRefresh("/api/v1/admin/coupons");

export function Coupons() {
  const { t } = useTranslation();
  const format = useFormat();
  const changed = useChanged();
  const [making, setMaking] = useState(false);
  const coupons = queries.useInfiniteQuery("get", "/api/v1/admin/coupons", { params: { query: {} } }, PAGES);
  const change = ({ id, active }: Coupon) => api.PATCH("/api/v1/admin/coupons/{coupon_id}", { params: { path: { coupon_id: id } }, body: { active: !active } });
  const worth = (coupon: Coupon) =>
    coupon.percent_bp !== null ? format.percent(coupon.percent_bp / 10_000) : format.money(coupon.amount_minor ?? 0, coupon.currency ?? "EUR");
  return (
    <>
      <Row between>
        <Button look="primary" onPress={() => setMaking(true)}>{t("operate.coupons.new")}</Button>
        <Take name="coupons" page={(cursor) => body(api.GET("/api/v1/admin/coupons", { params: { query: { limit: PAGE, cursor } } }))} />
      </Row>
      <Pages
        of={coupons} label={t("operate.coupons.title")} empty={t("operate.coupons.none")} id={(coupon) => coupon.id}
        columns={[
          { name: t("operate.coupons.code"), show: (coupon) => <b className={css.code}>{coupon.code}</b> },
          { name: t("operate.coupons.worth"), show: (coupon) => `${worth(coupon)} · ${t(`operate.coupons.${coupon.duration}`, { count: coupon.cycles ?? 0 })}` },
          { name: t("operate.coupons.uses"), end: true, wide: true, show: (coupon) => `${format.number(coupon.uses)}${coupon.most_uses === null ? "" : ` / ${format.number(coupon.most_uses)}`}` },
          { name: t("operate.coupons.until"), wide: true, show: (coupon) => (coupon.ends_at ? format.date(coupon.ends_at) : "–") },
          { name: t("operate.state"), show: (coupon) => <Active is={coupon.active} /> },
          { name: "", end: true, show: (coupon) => <Do act={t(coupon.active ? "operate.coupons.off" : "operate.coupons.on")} on={coupon.code} onAct={() => change(coupon)} onDone={changed} /> },
        ]}
      />
      {making && <Making onClose={() => setMaking(false)} />}
    </>
  );
}

function Making({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const [code, setCode] = useState("");
  const [kind, setKind] = useState("percent");
  const [worth, setWorth] = useState("10");
  const [currency, setCurrency] = useState("EUR");
  const [duration, setDuration] = useState("once");
  const [cycles, setCycles] = useState("3");
  const [most, setMost] = useState("");
  const make = async () => {
    const percent = kind === "percent";
    await api.POST("/api/v1/admin/coupons", {
      body: {
        code, duration, active: true,
        percent_bp: percent ? Math.round(Number(worth.replace(",", ".")) * 100) : null,
        amount_minor: percent ? null : minor(worth, currency),
        currency: percent ? null : currency.toUpperCase(),
        cycles: duration === "repeating" ? Number(cycles) : null,
        most_uses: most ? Number(most) : null,
        most_uses_per_person: 1,
      },
    });
    await changed();
  };
  return (
    <Ask title={t("operate.coupons.new")} why={t("operate.coupons.new_why")} act={t("operate.coupons.make")} onClose={onClose} onAct={make}>
      <Field label={t("operate.coupons.code")} isRequired maxLength={60} value={code} onChange={setCode} />
      <Select label={t("operate.coupons.kind")} value={kind} onChange={setKind} choices={["percent", "amount"].map((id) => ({ id, name: t(`operate.coupons.kind_${id}`) }))} />
      <div className={css.two}>
        <Field label={t("operate.coupons.worth")} isRequired inputMode="decimal" pattern={AMOUNT} value={worth} onChange={setWorth} />
        {kind === "amount" && <Field label={t("operate.products.currency")} isRequired pattern="[A-Za-z]{3}" maxLength={3} value={currency} onChange={setCurrency} />}
      </div>
      <Select label={t("operate.coupons.duration")} value={duration} onChange={setDuration} choices={["once", "repeating", "forever"].map((id) => ({ id, name: t(`operate.coupons.for_${id}`) }))} />
      {duration === "repeating" && <Field label={t("operate.coupons.cycles")} isRequired inputMode="numeric" pattern="[1-9][0-9]{0,2}" value={cycles} onChange={setCycles} />}
      <Field label={t("operate.coupons.most")} hint={t("operate.coupons.most_hint")} inputMode="numeric" pattern="[1-9][0-9]*" value={most} onChange={setMost} />
    </Ask>
  );
}
