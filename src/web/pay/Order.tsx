// One order: whether it is paid, its documents, what was given back, and what there is to give away.

import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { api, queries, type Schemas } from "../app/api";
import { download } from "../app/download";
import { useFormat } from "../app/format";
import { useMutation } from "../app/mutation";
import { Answer, Button, ButtonLink, Card, Chip, css as ui, Notice, Row, Stack } from "../app/ui";
import { say, useComplaint } from "../app/ui/toasts";
import { Code, Seats } from "./Giving";
import css from "./pay.module.css";
import { leaveFor, LOOK_MS } from "./paying";
import { OrderChip } from "./Payments";
import { courseOf } from "./prices";
import { useProducts } from "./products";

const OPEN = new Set(["draft", "pending"]);

export function Order() {
  const { orderId = "" } = useParams();
  const path = { order_id: orderId };
  // What is being paid elsewhere is seen here when it is.
  const order = queries.useQuery("get", "/api/v1/payments/{order_id}", { params: { path } }, {
    refetchInterval: (query) => (OPEN.has(query.state.data?.order.state ?? "") ? LOOK_MS : false),
  });
  return <Answer of={order} lines={5}>{(found) => <Shown detail={found} />}</Answer>;
}

function Shown({ detail }: { detail: Schemas["OrderDetailOut"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { order, refunds, payments, checkout } = detail;
  const money = (minor: number) => format.money(minor, order.currency);
  const isOpen = OPEN.has(order.state);
  const failed = payments.filter((payment) => payment.state === "failed").at(-1);
  return (
    <div className={`${css.narrow} ${ui.stack}`}>
      <div className={css.head}><h1>{order.product_name}</h1><span role="status"><OrderChip order={order} /></span></div>
      {isOpen && <Unpaid id={order.id} checkout={checkout} />}
      {isOpen && failed && <Notice tone="bad">{t("pay.order.declined")}</Notice>}
      {order.state === "paid" && <Thanks order={order} />}
      <Card>
        <dl className={css.sums}>
          <div><dt>{t("pay.order.placed")}</dt><dd>{format.time(order.created_at)}</dd></div>
          {order.paid_at && order.total_minor > 0 && <div><dt>{t("pay.order.paid")}</dt><dd>{format.time(order.paid_at)}</dd></div>}
          {order.quantity > 1 && <div><dt>{t("pay.order.quantity")}</dt><dd>{format.number(order.quantity)}</dd></div>}
          <div><dt>{t("pay.sum.price")}</dt><dd>{money(order.list_minor)}</dd></div>
          {order.discount_minor > 0 && <div><dt>{t("pay.sum.discount")}</dt><dd>{money(-order.discount_minor)}</dd></div>}
          {order.tax_minor > 0 && <div><dt>{t(order.list_minor - order.discount_minor === order.total_minor ? "pay.order.tax_within" : "pay.order.tax")}</dt><dd>{money(order.tax_minor)}</dd></div>}
          <div className={css.total}><dt>{t("pay.sum.total")}</dt><dd>{money(order.total_minor)}</dd></div>
          {order.refunded_minor > 0 && <div><dt>{t("pay.order.refunded")}</dt><dd>{money(order.refunded_minor)}</dd></div>}
        </dl>
      </Card>
      {!isOpen && order.state !== "void" && (order.kind === "gift" ? <Code orderId={order.id} /> : order.kind === "seats" ? <Seats orderId={order.id} /> : null)}
      {!isOpen && order.state !== "void" && <Documents order={order} />}
      {refunds.length > 0 && (
        <Card>
          <h2>{t("pay.order.refunds")}</h2>
          <ul className={css.list}>
            {refunds.map((refund) => (
              <li key={refund.id}><span>{refund.reason || t("pay.order.refund")}<span className={css.soft}>{format.date(refund.created_at)}</span></span><Row><span className={css.amount}>{format.money(refund.amount_minor, refund.currency)}</span><Chip>{t(`pay.refund_${refund.status}`, { defaultValue: refund.status })}</Chip></Row></li>
            ))}
          </ul>
        </Card>
      )}
      <Row>
        {order.subscription_id && <ButtonLink href={`/payments/subscriptions/${order.subscription_id}`}>{t("pay.order.to_plan")}</ButtonLink>}
        <Link to="/payments">{t("pay.mine")}</Link>
      </Row>
    </div>
  );
}

function Thanks({ order }: { order: Schemas["OrderOut"] }) {
  const { t } = useTranslation();
  const course = courseOf(useProducts().data?.items.find((product) => product.id === order.product_id)?.keys ?? []);
  if (order.kind === "gift" || order.kind === "seats") return <Notice tone="good">{t("pay.order.thanks_give")}</Notice>;
  return <Notice tone="good">{t("pay.order.thanks")} <Link to={course ? `/courses/${course}` : "/courses"}>{t("pay.order.learn")}</Link></Notice>;
}

function Unpaid({ id, checkout }: { id: string; checkout: Schemas["CheckoutOut"] | null }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const give = useMutation({
    mutationFn: () => api.POST("/api/v1/payments/{order_id}/cancel", { params: { path: { order_id: id } } }),
    onSuccess: () => say(t("pay.order.given_up")),
    onError: useComplaint(),
    onSettled: () => queryClient.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/api/v1/payments") }),
  });
  const { url, provider = "" } = checkout ?? {};
  return (
    <Card>
      <Stack>
        <p>{t("pay.order.open")}</p>
        <Row>
          {url && <Button look="primary" onPress={() => leaveFor(url, provider)}>{t("pay.order.pay")}</Button>}
          <Button look="quiet" isDisabled={give.isPending} onPress={() => give.mutate()}>{t("pay.order.give_up")}</Button>
        </Row>
      </Stack>
    </Card>
  );
}

function Documents({ order }: { order: Schemas["OrderOut"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const path = { order_id: order.id };
  const documents = queries.useQuery("get", "/api/v1/payments/{order_id}/documents", { params: { path } });
  const fetch = useMutation({ mutationFn: ({ from, name }: { from: string; name: string }) => download(from, name), onError: useComplaint() });
  return (
    <Card>
      <h2>{t("pay.order.documents")}</h2>
      <Answer of={documents} lines={1}>
        {(items) => (
          <ul className={css.list}>
            {items.map((one) => (
              <li key={one.id}>
                <span>{t(`pay.document_${one.kind}`)} {one.number}<span className={css.soft}>{format.date(one.issued_at)}</span></span>
                <Button small isDisabled={fetch.isPending} onPress={() => fetch.mutate({ from: `/api/v1/documents/${one.id}`, name: `${one.number}.pdf` })} aria-label={t("pay.order.pdf_of", { name: one.number })}>PDF</Button>
              </li>
            ))}
            {order.total_minor > 0 && <li><span>{t("pay.document_receipt")}</span><Button small isDisabled={fetch.isPending} onPress={() => fetch.mutate({ from: `/api/v1/payments/${order.id}/receipt.pdf`, name: "receipt.pdf" })} aria-label={t("pay.order.pdf_of", { name: t("pay.document_receipt") })}>PDF</Button></li>}
          </ul>
        )}
      </Answer>
    </Card>
  );
}
