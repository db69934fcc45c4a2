// What one thing costs, line by line, and the way to pay it. The server counts; nothing is added up here.

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Square, SquareCheck } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Checkbox } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { api, body, Refusal, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { Answer, Button, ButtonLink, Card, Chip, css as ui, Empty, explain, Failed, Field, Loading, Notice, Row, Stack } from "../app/ui";
import { Segments } from "../app/ui/choice";
import css from "./pay.module.css";
import { usePaying } from "./paying";
import { ownPrices, type Product } from "./prices";
import { useCountry, useProducts } from "./products";

type Interval = "month" | "year";
interface Wish {
  quantity: number;
  interval: Interval | null;
  coupon: string | null;
  gift: boolean;
}

export function Checkout() {
  const { t } = useTranslation();
  const { productId = "" } = useParams();
  const products = useProducts();
  return (
    <Answer of={products} lines={5}>
      {({ items }) => {
        const product = items.find((one) => one.id === productId);
        return product ? <Counter product={product} /> : <Empty title={t("pay.offers.gone")}><ButtonLink href="/payments/offers">{t("pay.offers.title")}</ButtonLink></Empty>;
      }}
    </Answer>
  );
}

function useQuote(product: Product, { quantity, interval, coupon }: Wish) {
  const asked = { product_id: product.id, quantity, interval, coupon };
  return useQuery({
    queryKey: ["post", "/api/v1/payments/quote", asked],
    queryFn: () => body(api.POST("/api/v1/payments/quote", { body: asked })),
    placeholderData: keepPreviousData,
  });
}

async function begin(product: Product, { quantity, interval, coupon, gift }: Wish): Promise<Schemas["BegunOut"]> {
  if (product.kind === "plan") return body(api.POST("/api/v1/subscriptions", { body: { product_id: product.id, interval, coupon } }));
  const path = { product_id: product.id };
  return body(api.POST("/api/v1/payments/products/{product_id}", { params: { path }, body: { coupon, gift, quantity, hosted: true } }));
}

const SEATS = 10;
const MOST_SEATS = 10_000;

function isQuantity(written: string): boolean {
  return /^[0-9]+$/.test(written.trim()) && Number(written) >= 1 && Number(written) <= MOST_SEATS;
}

function Counter({ product }: { product: Product }) {
  const { t } = useTranslation();
  const format = useFormat();
  const intervals = ownPrices(product, useCountry()).map((price) => price.interval).filter((one): one is Interval => one === "month" || one === "year");
  const [interval, setInterval] = useState<Interval | null>(null);
  const [seats, setSeats] = useState(String(SEATS));
  const [counted, setCounted] = useState(SEATS);
  const [coupon, setCoupon] = useState<string | null>(null);
  const [gift, setGift] = useState(false);
  const isCount = product.kind !== "seats" || isQuantity(seats);
  const without: Wish = { quantity: product.kind === "seats" ? counted : 1, interval: interval ?? intervals[0] ?? null, coupon: null, gift };
  const countSeats = (written: string) => {
    setSeats(written);
    if (isQuantity(written)) setCounted(Number(written));
  };
  const tried = useQuote(product, { ...without, coupon });
  const badCoupon = coupon !== null && tried.error instanceof Refusal && tried.error.code === "billing.coupon_refused";
  // A coupon that is refused is told, and stands in nobody's way.
  const wish = badCoupon ? without : { ...without, coupon };
  const quote = useQuote(product, wish);
  const pay = usePaying((wanted: Wish) => begin(product, wanted), () => undefined);
  return (
    <div className={`${css.narrow} ${ui.stack}`}>
      <h1>{product.name}</h1>
      <p className={css.soft}>{product.description}</p>
      <Card>
        <Stack>
          {wish.interval && intervals.length > 1 && (
            <Segments label={t("pay.interval")} options={intervals.map((value) => ({ value, name: t(`pay.every_${value}`) }))} value={wish.interval} onChange={setInterval} shown />
          )}
          {product.kind === "seats" && (
            <Field label={t("pay.seats.how_many")} inputMode="numeric" value={seats} onChange={countSeats} maxLength={6} error={isCount ? undefined : t("pay.seats.between", { most: format.number(MOST_SEATS) })} />
          )}
          {product.kind === "course" && (
            <Checkbox isSelected={gift} onChange={setGift} className={ui.row ?? ""}>
              {({ isSelected }) => <>{isSelected ? <SquareCheck aria-hidden size={20} /> : <Square aria-hidden size={20} />}{t("pay.as_gift")}</>}
            </Checkbox>
          )}
          <Coupon used={coupon} onUse={setCoupon} error={badCoupon ? explain(tried.error, t) : undefined} />
          {quote.data ? <Sums quote={quote.data} /> : quote.error ? <Failed error={quote.error} retry={() => void quote.refetch()} /> : <Loading />}
          {Boolean(pay.error) && (
            <Notice tone="bad">
              {explain(pay.error, t)} {pay.error instanceof Refusal && pay.error.code === "billing.already_owned" && product.kind === "course" && !gift && t("pay.owned_gift")}
            </Notice>
          )}
          <Button look="primary" wide isDisabled={!isCount || !quote.data || quote.isPlaceholderData || pay.isPending} onPress={() => pay.mutate(wish)}>
            {t(product.kind !== "plan" ? "pay.buy" : product.trial_days ? "pay.start_trial" : "pay.subscribe")}
          </Button>
          <p className={css.soft}>{t(product.kind === "plan" ? "pay.plan_about" : "pay.buy_about")}</p>
        </Stack>
      </Card>
      <div><Link to="/payments/details">{t("pay.details.title")}</Link></div>
    </div>
  );
}

function Coupon({ used, onUse, error }: { used: string | null; onUse: (code: string | null) => void; error: string | undefined }) {
  const { t } = useTranslation();
  const [code, setCode] = useState("");
  const use = (event: FormEvent) => {
    event.preventDefault();
    onUse(code.trim() || null);
  };
  if (used && !error) {
    return (
      <Row>
        <Chip tone="good">{t("pay.coupon.used", { code: used })}</Chip>
        <Button small look="quiet" onPress={() => onUse(null)}>{t("pay.coupon.drop")}</Button>
      </Row>
    );
  }
  return (
    <form className={ui.inline} onSubmit={use}>
      <Field label={t("pay.coupon.code")} value={code} onChange={setCode} autoComplete="off" maxLength={60} error={error} />
      <Button type="submit">{t("pay.coupon.use")}</Button>
    </form>
  );
}

export function Sums({ quote }: { quote: Schemas["QuoteOut"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const money = (minor: number) => format.money(minor, quote.currency);
  return (
    <dl className={css.sums} aria-live="polite">
      <div><dt>{quote.quantity > 1 ? t("pay.sum.each", { count: quote.quantity, price: money(quote.unit_minor) }) : t("pay.sum.price")}</dt><dd>{money(quote.list_minor)}</dd></div>
      {quote.discount_minor > 0 && <div><dt>{t("pay.sum.discount")}</dt><dd>{money(-quote.discount_minor)}</dd></div>}
      {quote.tax_minor > 0 && <div><dt>{t(quote.tax_inclusive ? "pay.sum.tax_within" : "pay.sum.tax", { name: quote.tax_name, share: format.percent(quote.tax_bp / 10_000) })}</dt><dd>{money(quote.tax_minor)}</dd></div>}
      <div className={css.total}>
        <dt>{t(quote.interval ? `pay.sum.total_${quote.interval}` : "pay.sum.total")}</dt>
        <dd>{money(quote.total_minor)}</dd>
      </div>
      {quote.trial_days > 0 && <div><dt>{t("pay.trial", { count: quote.trial_days })}</dt><dd>{t("pay.sum.today", { price: money(0) })}</dd></div>}
    </dl>
  );
}
