// What was bought by everybody.

import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Select } from "../account/controls";
import { api, body, queries, type Schemas } from "../app/api";
import { type Format, useFormat } from "../app/format";
import { Chip } from "../app/ui";
import css from "./operator.module.css";
import { Ago, type Column, Head, PAGES, Pages, useFilters, Who } from "./parts";
import { PAGE, Take } from "./take";

type Order = Schemas["OrderOut"];
const STATES = ["pending", "paid", "partially_refunded", "refunded", "void"] as const;
const TONES = { draft: "neutral", pending: "warn", paid: "good", partially_refunded: "warn", refunded: "neutral", void: "neutral" } as const;

export function OrderState({ of }: { of: Order["state"] }) {
  const { t } = useTranslation();
  return <Chip tone={TONES[of]}>{t(`operate.orders.${of}`)}</Chip>;
}

export function orderColumns(t: TFunction, format: Format): Column<Order>[] {
  return [
    { name: t("operate.orders.what"), show: (order) => <><Link className={css.name} to={`/admin/orders/${order.id}`}>{order.product_name}</Link><div className={css.soft}>{order.provider}{order.quantity > 1 && ` · × ${order.quantity}`}</div></> },
    { name: t("operate.orders.total"), end: true, show: (order) => <>{format.money(order.total_minor, order.currency)}{order.refunded_minor > 0 && <div className={css.soft}>−{format.money(order.refunded_minor, order.currency)}</div>}</> },
    { name: t("operate.state"), show: (order) => <OrderState of={order.state} /> },
    { name: t("operate.orders.placed"), wide: true, show: (order) => <Ago at={order.created_at} /> },
  ];
}

export function Orders() {
  const { t } = useTranslation();
  const format = useFormat();
  const [address, choose] = useFilters();
  const state = STATES.find((one) => one === address.get("state")) ?? null;
  const orders = queries.useInfiniteQuery("get", "/api/v1/admin/payments", { params: { query: { state, limit: 50 } } }, PAGES);
  const columns = orderColumns(t, format).map(({ show, ...column }): Column<Schemas["PlacedOrderOut"]> => ({ ...column, show: ({ order }) => show(order) }));
  return (
    <>
      <Head title={t("operate.place.orders")} lead={t("operate.orders.lead")} />
      <div className={css.filters}>
        <Select
          label={t("operate.state")} value={state ?? ""} onChange={(id) => choose("state", id)}
          choices={[{ id: "", name: t("operate.all") }, ...STATES.map((id) => ({ id, name: t(`operate.orders.${id}`) }))]}
        />
        <Take name="orders" page={(cursor) => body(api.GET("/api/v1/admin/payments", { params: { query: { state, limit: PAGE, cursor } } }))} line={({ order, user_id }) => ({ user_id, ...order })} />
      </div>
      <Pages
        of={orders} label={t("operate.place.orders")} empty={t("operate.orders.none")} id={({ order }) => order.id}
        columns={[...columns, { name: t("operate.orders.buyer"), end: true, show: ({ user_id }) => <Who id={user_id} /> }]}
      />
    </>
  );
}
