// What somebody has bought and may use, and the ways to more of it.

import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { api, body, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useMutation } from "../app/mutation";
import { Answer, Button, ButtonLink, Card, Chip, css as ui, explain, Field, Notice, Row, Stack } from "../app/ui";
import css from "./pay.module.css";
import { courseOf } from "./prices";
import { StatusChip } from "./Subscription";

export function Payments() {
  const { t } = useTranslation();
  return (
    <Stack>
      <div className={css.head}>
        <h1>{t("pay.title")}</h1>
        <Row><ButtonLink look="primary" href="/payments/offers">{t("pay.offers.title")}</ButtonLink><ButtonLink href="/payments/details">{t("pay.details.title")}</ButtonLink></Row>
      </div>
      <Plans />
      <Redeem />
      <Orders />
      <Entitlements />
    </Stack>
  );
}

function Plans() {
  const { t } = useTranslation();
  const format = useFormat();
  const subscriptions = queries.useQuery("get", "/api/v1/subscriptions");
  return (
    <Answer of={subscriptions} lines={2}>
      {(items) => items.length > 0 && (
        <Card>
          <h2>{t("pay.plans")}</h2>
          <ul className={css.list}>
            {items.map((one) => (
              <li key={one.id}>
                <span><Link to={`/payments/subscriptions/${one.id}`}>{one.product_name}</Link><span className={css.soft}>{format.money(one.amount_minor, one.currency)} {t(`pay.per_${one.interval}`)}</span></span>
                <StatusChip subscription={one} />
              </li>
            ))}
          </ul>
        </Card>
      )}
    </Answer>
  );
}

const ORDER_TONES: Record<Schemas["OrderOut"]["state"], "neutral" | "good" | "bad" | "warn"> = {
  draft: "warn", pending: "warn", paid: "good", partially_refunded: "neutral", refunded: "neutral", void: "neutral",
};

export function OrderChip({ order }: { order: Schemas["OrderOut"] }) {
  const { t } = useTranslation();
  const isFree = order.state === "paid" && order.total_minor === 0;
  return <Chip tone={ORDER_TONES[order.state]}>{t(isFree ? "pay.state_free" : `pay.state_${order.state}`)}</Chip>;
}

function Orders() {
  const { t } = useTranslation();
  const format = useFormat();
  const orders = queries.useInfiniteQuery("get", "/api/v1/payments", { params: { query: { limit: 10 } } }, {
    pageParamName: "cursor", initialPageParam: null as string | null, getNextPageParam: (page) => page.next_cursor,
  });
  return (
    <Card>
      <h2>{t("pay.orders")}</h2>
      <Answer of={orders}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (!items.length) return <p className={css.soft}>{t("pay.no_orders")}</p>;
          return (
            <ul className={css.list}>
              {items.map((order) => (
                <li key={order.id}>
                  <span><Link to={`/payments/${order.id}`}>{order.product_name}</Link><span className={css.soft}>{format.date(order.created_at)} · {t(`pay.kind_${order.kind}`, { defaultValue: order.kind })}</span></span>
                  <Row><span className={css.amount}>{format.money(order.total_minor, order.currency)}</span><OrderChip order={order} /></Row>
                </li>
              ))}
            </ul>
          );
        }}
      </Answer>
      {orders.hasNextPage && <Button small isDisabled={orders.isFetchingNextPage} onPress={() => void orders.fetchNextPage()}>{t("pay.more")}</Button>}
    </Card>
  );
}

function Redeem() {
  const { t } = useTranslation();
  const format = useFormat();
  const queryClient = useQueryClient();
  const [parameters] = useSearchParams();
  const [code, setCode] = useState(parameters.get("code") ?? "");
  const redeem = useMutation({
    mutationFn: () => body(api.POST("/api/v1/codes/redeem", { body: { code } })),
    onSuccess: () => {
      setCode("");
      void queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/entitlements"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    redeem.mutate();
  };
  const course = courseOf(redeem.data?.keys ?? []);
  return (
    <Card>
      <form onSubmit={submit}>
        <Stack>
          <h2>{t("pay.redeem.title")}</h2>
          <div className={ui.inline}>
            <Field label={t("pay.redeem.code")} value={code} onChange={setCode} isRequired autoComplete="off" maxLength={100} />
            <Button type="submit" isDisabled={redeem.isPending}>{t("pay.redeem.do")}</Button>
          </div>
          {redeem.error && <Notice tone="bad">{explain(redeem.error, t)}</Notice>}
          {redeem.data && (
            <Notice tone="good">
              {t("pay.redeem.done", { name: redeem.data.product_name })} {redeem.data.ends_at && t("pay.until", { date: format.date(redeem.data.ends_at) })}{" "}
              {course && <ButtonLink small href={`/courses/${course}`}>{t("pay.course.to")}</ButtonLink>}
            </Notice>
          )}
        </Stack>
      </form>
    </Card>
  );
}

function Entitlements() {
  const { t } = useTranslation();
  const format = useFormat();
  const entitlements = queries.useQuery("get", "/api/v1/entitlements");
  const courses = queries.useQuery("get", "/api/v1/courses", { params: { query: { limit: 100 } } });
  const named = (key: string) => {
    const id = courseOf([key]);
    if (!id) return t(`pay.key_${key.replace(/[:*]/g, "_")}`, { defaultValue: key });
    return courses.data?.items.find((course) => course.id === id)?.title ?? t("pay.key_course");
  };
  return (
    <Answer of={entitlements} lines={2}>
      {(items) => items.length > 0 && (
        <Card>
          <h2>{t("pay.uses")}</h2>
          <ul className={css.list}>
            {items.map((one) => (
              <li key={one.id}>
                <span>{named(one.key)}<span className={css.soft}>{t(`pay.source_${one.source}`, { defaultValue: one.source })}</span></span>
                <span className={ui.hint}>{one.ends_at ? t("pay.until", { date: format.date(one.ends_at) }) : t("pay.for_ever")}</span>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </Answer>
  );
}
