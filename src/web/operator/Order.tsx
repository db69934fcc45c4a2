// One order with its payments, and what was given back.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { api, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { Answer, Button, Chip, Empty, Field } from "../app/ui";
import { say } from "../app/ui/toasts";
import { Ask, useRefresh } from "./acting";
import css from "./operator.module.css";
import { OrderState } from "./Orders";
import { Ago, Facts, Head, Table, Who } from "./parts";
import { AMOUNT, major, minor } from "./sale/money";

type Detail = Schemas["OrderDetailOut"];
const UNDER_WAY = new Set(["requested", "pending"]);
const WATCHED_MS = 3_000;

export function Order() {
  const { orderId = "" } = useParams();
  const order = queries.useQuery(
    "get", "/api/v1/admin/payments/{order_id}", { params: { path: { order_id: orderId } } },
    { refetchInterval: ({ state }) => (state.data?.refunds.some(({ status }) => UNDER_WAY.has(status)) ? WATCHED_MS : false) },
  );
  return <Answer of={order}>{(found) => <Shown of={found} />}</Answer>;
}

function Shown({ of }: { of: Detail }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [asking, setAsking] = useState(false);
  const { order, payments, refunds } = of;
  const money = (amount: number) => format.money(amount, order.currency);
  const refundable = order.state === "paid" || order.state === "partially_refunded";
  return (
    <>
      <Head title={order.product_name}>
        {refundable && order.total_minor > order.refunded_minor && <Button look="danger" onPress={() => setAsking(true)}>{t("operate.orders.refund")}</Button>}
      </Head>
      <Facts
        of={[
          [t("operate.state"), <OrderState of={order.state} />],
          [t("operate.orders.buyer"), <Who id={of.user_id} />],
          [t("operate.orders.total"), <b>{money(order.total_minor)}</b>],
          [t("operate.orders.list"), money(order.list_minor)],
          [t("operate.orders.discount"), money(order.discount_minor)],
          [t("operate.orders.tax"), money(order.tax_minor)],
          [t("operate.orders.given_back"), money(order.refunded_minor)],
          [t("operate.provider"), order.provider],
          [t("operate.orders.placed"), format.time(order.created_at)],
          [t("operate.orders.paid_at"), order.paid_at && format.time(order.paid_at)],
          [t("operate.people.id"), <span className={css.code}>{order.id}</span>],
        ]}
      />
      <section className={css.section}>
        <h2>{t("operate.orders.payments")}</h2>
        {payments.length === 0 ? <Empty title={t("operate.orders.no_payments")} /> : (
          <Table
            label={t("operate.orders.payments")} items={payments} id={(payment) => payment.id}
            columns={[
              { name: t("operate.orders.total"), show: (payment) => money(payment.amount_minor) },
              { name: t("operate.state"), show: (payment) => <><Chip>{t(`operate.payment.${payment.state}`, { defaultValue: payment.state })}</Chip><div className={css.soft}>{payment.failure}</div></> },
              { name: t("operate.orders.method"), wide: true, show: (payment) => payment.method || "–" },
              { name: t("operate.jobs.when"), end: true, show: (payment) => <Ago at={payment.captured_at ?? payment.created_at} /> },
            ]}
          />
        )}
      </section>
      {refunds.length > 0 && (
        <section className={css.section}>
          <h2>{t("operate.orders.refunds")}</h2>
          <Table
            label={t("operate.orders.refunds")} items={refunds} id={(refund) => refund.id}
            columns={[
              { name: t("operate.orders.total"), show: (refund) => format.money(refund.amount_minor, refund.currency) },
              { name: t("operate.state"), show: (refund) => <Chip tone={refund.status === "failed" ? "bad" : refund.status === "succeeded" ? "good" : "warn"}>{t(`operate.refund.${refund.status}`, { defaultValue: refund.status })}</Chip> },
              { name: t("operate.reason"), show: (refund) => refund.reason || "–" },
              { name: t("operate.jobs.when"), end: true, wide: true, show: (refund) => <Ago at={refund.created_at} /> },
            ]}
          />
        </section>
      )}
      {asking && <Refund of={order} onClose={() => setAsking(false)} />}
    </>
  );
}

function Refund({ of, onClose }: { of: Detail["order"]; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const refresh = useRefresh("/api/v1/admin/payments", "/api/v1/admin/users/{user_id}/payments", "/api/v1/payments");
  const left = of.total_minor - of.refunded_minor;
  const [amount, setAmount] = useState(major(left, of.currency));
  const refund = async (reason: string) => {
    const asked = minor(amount, of.currency);
    await api.POST("/api/v1/payments/{order_id}/refund", { params: { path: { order_id: of.id } }, body: { reason, amount_minor: asked === left ? null : asked } });
    say(t("operate.orders.refund_begun"));
    await refresh();
  };
  return (
    <Ask title={t("operate.orders.refund_title", { name: of.product_name })} why={t("operate.orders.refund_why", { left: format.money(left, of.currency) })} act={t("operate.orders.refund")} danger reason={t("operate.reason")} onClose={onClose} onAct={refund}>
      <Field label={t("operate.orders.amount", { currency: of.currency })} isRequired inputMode="decimal" pattern={AMOUNT} value={amount} onChange={setAmount} />
    </Ask>
  );
}
