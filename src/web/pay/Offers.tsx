// Everything that is for sale.

import { useTranslation } from "react-i18next";
import { useFormat } from "../app/format";
import { Answer, ButtonLink, Card, Chip, Empty, Stack } from "../app/ui";
import css from "./pay.module.css";
import { ownPrices, type Product } from "./prices";
import { useCountry, useProducts } from "./products";

export function Offers() {
  const { t } = useTranslation();
  const products = useProducts();
  return (
    <Stack>
      <div className={css.head}><h1>{t("pay.offers.title")}</h1><ButtonLink look="quiet" href="/payments">{t("pay.mine")}</ButtonLink></div>
      <Answer of={products} lines={5}>
        {({ items }) => items.length ? <ul className={css.grid}>{items.map((product) => <li key={product.id}><Offer product={product} /></li>)}</ul> : <Empty title={t("pay.offers.none")} />}
      </Answer>
    </Stack>
  );
}

export function Offer({ product }: { product: Product }) {
  const { t } = useTranslation();
  const format = useFormat();
  const prices = ownPrices(product, useCountry());
  const [first] = prices;
  return (
    <Card className={css.offer ?? ""} aria-label={product.name}>
      <div><h2>{product.name}</h2> <Chip>{t(`pay.kind_${product.kind}`, { defaultValue: product.kind })}</Chip></div>
      <p className={css.soft}>{product.description}</p>
      <p className={css.price}>
        {first && format.money(first.amount_minor, first.currency)}
        {first?.interval && <small> {t(`pay.per_${first.interval}`)}</small>}
        {product.kind === "seats" && <small> {t("pay.per_seat")}</small>}
        {product.trial_days > 0 && <><br /><small>{t("pay.trial", { count: product.trial_days })}</small></>}
      </p>
      {first ? <ButtonLink look={product.kind === "plan" ? "primary" : "plain"} href={`/payments/products/${product.id}`} aria-label={t("pay.offers.choose_named", { name: product.name })}>{t("pay.offers.choose")}</ButtonLink> : <p>{t("pay.offers.not_here")}</p>}
    </Card>
  );
}
