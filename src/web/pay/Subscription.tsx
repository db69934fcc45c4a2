// One plan that somebody has: what it costs and until when it is good, and all that a subscriber may do.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { api, body, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useMutation } from "../app/mutation";
import { Answer, Button, Card, Chip, css as ui, Dialog, Empty, explain, Loading, Notice, Row, Stack } from "../app/ui";
import { Segments } from "../app/ui/choice";
import { say, useComplaint } from "../app/ui/toasts";
import css from "./pay.module.css";
import { leaveFor, LOOK_MS } from "./paying";
import { ownPrices } from "./prices";
import { useCountry, useProducts } from "./products";

type Plan = Schemas["SubscriptionOut"];
const TONES: Record<Plan["status"], "neutral" | "good" | "bad" | "warn"> = {
  incomplete: "warn", trialing: "good", active: "good", past_due: "bad", paused: "warn", cancelled: "neutral",
};
/** What a payment ends that may be under way elsewhere. */
const AWAITED = new Set<Plan["status"]>(["incomplete", "past_due"]);
const PATH = "/api/v1/subscriptions/{subscription_id}";

export function StatusChip({ subscription: one }: { subscription: Plan }) {
  const { t } = useTranslation();
  const ends = one.cancel_at_period_end && one.status !== "cancelled";
  return <Chip tone={ends ? "warn" : TONES[one.status]}>{t(ends ? "pay.plan.ends" : `pay.plan.status_${one.status}`)}</Chip>;
}

export function Subscription() {
  const { t } = useTranslation();
  const { subscriptionId = "" } = useParams();
  const subscription = queries.useQuery("get", PATH, { params: { path: { subscription_id: subscriptionId } } }, {
    refetchInterval: (query) => (AWAITED.has(query.state.data?.status ?? "active") ? LOOK_MS : false),
  });
  return (
    <div className={`${css.narrow} ${ui.stack}`}>
      <Answer of={subscription} lines={5}>{(plan) => <Shown plan={plan} />}</Answer>
      <div><Link to="/payments">{t("pay.mine")}</Link></div>
    </div>
  );
}

function useAgain(): () => void {
  const queryClient = useQueryClient();
  return () => {
    for (const path of ["/api/v1/subscriptions", "/api/v1/entitlements", "/api/v1/payments"]) {
      void queryClient.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith(path) });
    }
  };
}

function Shown({ plan }: { plan: Plan }) {
  const { t } = useTranslation();
  const format = useFormat();
  const settled = { onError: useComplaint(), onSettled: useAgain() };
  const of = { params: { path: { subscription_id: plan.id } } };
  const pause = useMutation({ mutationFn: () => api.POST("/api/v1/subscriptions/{subscription_id}/pause", of), ...settled });
  const resume = useMutation({ mutationFn: () => api.POST("/api/v1/subscriptions/{subscription_id}/resume", of), ...settled });
  const card = useMutation({
    mutationFn: () => body(api.POST("/api/v1/subscriptions/{subscription_id}/payment-method", of)),
    onSuccess: ({ url }) => leaveFor(url, plan.provider),
    onError: settled.onError,
  });
  const [doing, setDoing] = useState<"cancel" | "change" | null>(null);
  const busy = pause.isPending || resume.isPending || card.isPending;
  const over = plan.status === "cancelled" || plan.status === "incomplete";
  const fact = (name: string, moment: string | null) => moment && <div><dt>{t(name)}</dt><dd>{format.date(moment)}</dd></div>;
  return (
    <>
      <div className={css.head}><h1>{plan.product_name}</h1><span role="status"><StatusChip subscription={plan} /></span></div>
      {plan.status === "past_due" && <Notice tone="bad">{t("pay.plan.past_due_about")}</Notice>}
      {plan.cancel_at_period_end && !over && <Notice tone="warn">{t("pay.plan.ends_about", { date: plan.current_period_end ? format.date(plan.current_period_end) : "" })}</Notice>}
      {plan.status === "paused" && <Notice tone="warn">{t("pay.plan.paused_about")}</Notice>}
      <Card>
        <dl className={css.sums}>
          <div className={css.total}><dt>{t(`pay.sum.total_${plan.interval}`)}</dt><dd>{format.money(plan.amount_minor, plan.currency)}</dd></div>
          {plan.status === "trialing" && fact("pay.plan.trial_until", plan.trial_end)}
          {!over && !plan.cancel_at_period_end && plan.status !== "paused" && fact("pay.plan.renews", plan.current_period_end)}
          {fact("pay.plan.usable_until", plan.access_until)}
          {fact("pay.plan.ended", plan.ended_at)}
          {fact("pay.plan.since", plan.created_at)}
        </dl>
      </Card>
      {!over && (
        <Row>
          {plan.cancel_at_period_end || plan.status === "paused" ? <Button look="primary" isDisabled={busy} onPress={() => resume.mutate()}>{t(plan.status === "paused" ? "pay.plan.resume" : "pay.plan.keep")}</Button> : (
            <>
              <Button isDisabled={busy} onPress={() => setDoing("change")}>{t("pay.plan.change")}</Button>
              {plan.status === "active" && <Button isDisabled={busy} onPress={() => pause.mutate()}>{t("pay.plan.pause")}</Button>}
            </>
          )}
          <Button look={plan.status === "past_due" ? "primary" : "plain"} isDisabled={busy} onPress={() => card.mutate()}>{t("pay.plan.card")}</Button>
          <Button look="danger" isDisabled={busy} onPress={() => setDoing("cancel")}>{t("pay.plan.cancel")}</Button>
        </Row>
      )}
      <Dialog title={t("pay.plan.cancel_title", { name: plan.product_name })} isOpen={doing === "cancel"} onClose={() => setDoing(null)}><Cancel plan={plan} onDone={() => setDoing(null)} /></Dialog>
      <Dialog title={t("pay.plan.change")} isOpen={doing === "change"} onClose={() => setDoing(null)}><Change plan={plan} onDone={() => setDoing(null)} /></Dialog>
    </>
  );
}

function Cancel({ plan, onDone }: { plan: Plan; onDone: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const again = useAgain();
  const cancel = useMutation({
    mutationFn: (now: boolean) => api.DELETE(PATH, { params: { path: { subscription_id: plan.id }, query: { now } } }),
    onSuccess: () => {
      say(t("pay.plan.cancelled"));
      onDone();
    },
    onSettled: again,
  });
  return (
    <Stack>
      <p>{t("pay.plan.cancel_about", { date: plan.current_period_end ? format.date(plan.current_period_end) : "" })}</p>
      {cancel.error && <Notice tone="bad">{explain(cancel.error, t)}</Notice>}
      {!plan.cancel_at_period_end && <Button look="danger" isDisabled={cancel.isPending} onPress={() => cancel.mutate(false)}>{t("pay.plan.cancel_at_end")}</Button>}
      <Button look="quiet" isDisabled={cancel.isPending} onPress={() => cancel.mutate(true)}>{t("pay.plan.cancel_now")}</Button>
      <Button isDisabled={cancel.isPending} onPress={onDone}>{t("pay.plan.stay")}</Button>
    </Stack>
  );
}

/** Another price: what it would cost is asked of the server, and changed to for just that. */
function Change({ plan, onDone }: { plan: Plan; onDone: () => void }) {
  const { t } = useTranslation();
  const country = useCountry();
  const products = useProducts();
  const options = (products.data?.items ?? []).filter((product) => product.kind === "plan").flatMap((product) =>
    ownPrices(product, country).filter((price) => price.id !== plan.price_id && price.currency === plan.currency).map((price) => ({ product, price })));
  const [chosen, setChosen] = useState<string>();
  const price = chosen ?? options[0]?.price.id;
  if (!products.data) return <Loading lines={2} />;
  if (price === undefined) return <Empty title={t("pay.plan.no_other")} />;
  const names = options.map(({ product, price: one }) => ({ value: one.id, name: `${product.name}, ${t(`pay.every_${one.interval}`)}` }));
  return (
    <Stack>
      <Segments label={t("pay.plan.change_to")} options={names} value={price} onChange={setChosen} shown />
      <Preview key={price} plan={plan} priceId={price} onDone={onDone} />
    </Stack>
  );
}

function Preview({ plan, priceId, onDone }: { plan: Plan; priceId: string; onDone: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const again = useAgain();
  const of = { params: { path: { subscription_id: plan.id } } };
  const preview = queries.useQuery("post", "/api/v1/subscriptions/{subscription_id}/change/preview", { ...of, body: { price_id: priceId } }, { gcTime: 0, staleTime: Infinity });
  const change = useMutation({
    mutationFn: (proration_at: string) => api.POST("/api/v1/subscriptions/{subscription_id}/change", { ...of, body: { price_id: priceId, proration_at } }),
    onSuccess: () => {
      say(t("pay.plan.changed"));
      onDone();
    },
    onSettled: again,
  });
  return (
    <Answer of={preview} lines={2}>
      {(found) => (
        <Stack>
          <dl className={css.sums}>
            <div><dt>{t(`pay.sum.total_${found.interval}`)}</dt><dd>{format.money(found.period_minor, found.currency)}</dd></div>
            <div className={css.total}><dt>{t(found.due_minor < 0 ? "pay.plan.credit" : "pay.plan.due_now")}</dt><dd>{format.money(Math.abs(found.due_minor), found.currency)}</dd></div>
          </dl>
          {change.error && <Notice tone="bad">{explain(change.error, t)}</Notice>}
          <Row><Button look="primary" isDisabled={change.isPending} onPress={() => change.mutate(found.proration_at)}>{t("pay.plan.change_do")}</Button><Button onPress={onDone}>{t("pay.plan.stay")}</Button></Row>
        </Stack>
      )}
    </Answer>
  );
}
