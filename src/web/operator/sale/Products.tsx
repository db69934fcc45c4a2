// Products and their prices. Nothing is deleted: what is no longer sold is switched off.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Select } from "../../account/controls";
import { api, queries, type Schemas } from "../../app/api";
import { useFormat } from "../../app/format";
import { Button, Chip, Dialog, Field, Row } from "../../app/ui";
import { Ask, Do, Trouble, useActing, useRefresh } from "../acting";
import css from "../operator.module.css";
import { PAGES, Pages, Table, useFilters } from "../parts";
import { AMOUNT, minor } from "./money";

type Product = Schemas["AdminProductOut"];
type Price = Schemas["AdminPriceOut"];
const KINDS = ["course", "plan", "seats", "gift"] as const;

const useChanged = () => useRefresh("/api/v1/admin/products");

export function Products() {
  const { t } = useTranslation();
  const format = useFormat();
  const [making, setMaking] = useState(false);
  const [address, choose] = useFilters();
  const shown = address.get("open");
  const products = queries.useInfiniteQuery("get", "/api/v1/admin/products", { params: { query: {} } }, PAGES);
  const one = products.data?.pages.flatMap((page) => page.items).find((product) => product.id === shown);
  return (
    <>
      <div><Button look="primary" onPress={() => setMaking(true)}>{t("operate.products.new")}</Button></div>
      <Pages
        of={products} label={t("operate.products.title")} empty={t("operate.products.none")} id={(product) => product.id}
        columns={[
          { name: t("operate.products.name"), show: (product) => <><button type="button" className={css.link} onClick={() => choose("open", product.id)}>{product.name}</button><div className={`${css.soft} ${css.code}`}>{product.keys.join(", ")}</div></> },
          { name: t("operate.products.kind"), wide: true, show: (product) => t(`operate.kind.${product.kind}`) },
          {
            name: t("operate.products.prices"),
            show: (product) => {
              const prices = product.prices.filter((price) => price.active);
              return prices.length ? prices.map((price) => <div key={price.id}>{priced(price, format.money, t)}</div>) : <Chip tone="warn">{t("operate.products.no_price")}</Chip>;
            },
          },
          { name: t("operate.state"), end: true, show: (product) => <Active is={product.active} /> },
        ]}
      />
      {making && <Making onClose={() => setMaking(false)} />}
      {one && <Shown of={one} onClose={() => choose("open", null)} />}
    </>
  );
}

function priced(price: Price, money: (amount: number, currency: string) => string, t: (key: string) => string): string {
  return [money(price.amount_minor, price.currency), price.interval && t(`operate.products.per_${price.interval}`), price.country].filter(Boolean).join(" · ");
}

export function Active({ is }: { is: boolean }) {
  const { t } = useTranslation();
  return <Chip tone={is ? "good" : "neutral"}>{t(is ? "operate.products.on_sale" : "operate.products.off_sale")}</Chip>;
}

function Shown({ of, onClose }: { of: Product; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const changed = useChanged();
  const [pricing, setPricing] = useState(false);
  const [editing, setEditing] = useState(false);
  const change = useActing(() => api.PATCH("/api/v1/admin/products/{product_id}", { params: { path: { product_id: of.id } }, body: { active: !of.active } }), changed);
  const end = ({ id, active }: Price) => api.PATCH("/api/v1/admin/prices/{price_id}", { params: { path: { price_id: id } }, body: { active: !active } });
  if (pricing) return <Pricing of={of} onClose={() => setPricing(false)} />;
  if (editing) return <Editing of={of} onClose={() => setEditing(false)} />;
  return (
    <Dialog title={of.name} isOpen onClose={onClose}>
      <Row><Active is={of.active} /><Chip>{t(`operate.kind.${of.kind}`)}</Chip><span className={css.code}>{of.slug}</span></Row>
      {of.description && <p className={css.message}>{of.description}</p>}
      {of.prices.length > 0 && (
        <Table
          label={t("operate.products.prices")} items={of.prices} id={(price) => price.id}
          columns={[
            { name: t("operate.products.price"), show: (price) => priced(price, format.money, t) },
            { name: t("operate.state"), show: (price) => <Active is={price.active} /> },
            { name: "", end: true, show: (price) => <Do act={t(price.active ? "operate.products.stop" : "operate.products.sell")} on={priced(price, format.money, t)} onAct={() => end(price)} onDone={changed} /> },
          ]}
        />
      )}
      <Trouble of={change.error} />
      <Row>
        <Button look="primary" onPress={() => setPricing(true)}>{t("operate.products.add_price")}</Button>
        <Button onPress={() => setEditing(true)}>{t("operate.products.change")}</Button>
        <Button look={of.active ? "danger" : "plain"} data-busy={change.isPending || undefined} onPress={() => change.mutate()}>{t(of.active ? "operate.products.stop" : "operate.products.sell")}</Button>
        <Button look="quiet" onPress={onClose}>{t("operate.close")}</Button>
      </Row>
    </Dialog>
  );
}

function keysOf(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

function Making({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const [kind, setKind] = useState<string>("course");
  const [slug, setSlug] = useState("");
  const [name, setName] = useState("");
  const [keys, setKeys] = useState("courses:*");
  const [description, setDescription] = useState("");
  const make = async () => {
    await api.POST("/api/v1/admin/products", { body: { kind, slug, name, keys: keysOf(keys), description, active: true, trial_days: 0 } });
    await changed();
  };
  return (
    <Ask title={t("operate.products.new")} why={t("operate.products.new_why")} act={t("operate.products.make")} onClose={onClose} onAct={make}>
      <Select label={t("operate.products.kind")} value={kind} onChange={setKind} choices={KINDS.map((id) => ({ id, name: t(`operate.kind.${id}`) }))} />
      <Field label={t("operate.products.name")} isRequired maxLength={200} value={name} onChange={setName} />
      <Field label={t("operate.products.slug")} hint={t("operate.products.slug_hint")} isRequired maxLength={80} value={slug} onChange={setSlug} />
      <Field label={t("operate.products.keys")} hint={t("operate.access.key_hint")} isRequired value={keys} onChange={setKeys} />
      <Field label={t("operate.products.description")} lines={3} maxLength={5000} value={description} onChange={setDescription} />
    </Ask>
  );
}

function Editing({ of, onClose }: { of: Product; onClose: () => void }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const [name, setName] = useState(of.name);
  const [keys, setKeys] = useState(of.keys.join(" "));
  const [description, setDescription] = useState(of.description);
  const change = async () => {
    await api.PATCH("/api/v1/admin/products/{product_id}", { params: { path: { product_id: of.id } }, body: { name, keys: keysOf(keys), description } });
    await changed();
  };
  return (
    <Ask title={t("operate.products.change")} act={t("operate.save")} onClose={onClose} onAct={change}>
      <Field label={t("operate.products.name")} isRequired maxLength={200} value={name} onChange={setName} />
      <Field label={t("operate.products.keys")} hint={t("operate.access.key_hint")} isRequired value={keys} onChange={setKeys} />
      <Field label={t("operate.products.description")} lines={3} maxLength={5000} value={description} onChange={setDescription} />
    </Ask>
  );
}

function Pricing({ of, onClose }: { of: Product; onClose: () => void }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const [currency, setCurrency] = useState("EUR");
  const [amount, setAmount] = useState("");
  const [country, setCountry] = useState("");
  const [interval, setInterval] = useState("month");
  const plan = of.kind === "plan";
  const add = async () => {
    const code = currency.toUpperCase();
    await api.POST("/api/v1/admin/products/{product_id}/prices", {
      params: { path: { product_id: of.id } },
      body: { currency: code, amount_minor: minor(amount, code), country: country.toUpperCase() || null, interval: plan ? interval : null, tax_inclusive: true },
    });
    await changed();
  };
  return (
    <Ask title={t("operate.products.add_price")} act={t("operate.products.add_price")} onClose={onClose} onAct={add}>
      <div className={css.two}>
        <Field label={t("operate.products.amount")} isRequired inputMode="decimal" pattern={AMOUNT} value={amount} onChange={setAmount} />
        <Field label={t("operate.products.currency")} isRequired pattern="[A-Za-z]{3}" maxLength={3} value={currency} onChange={setCurrency} />
      </div>
      {plan && <Select label={t("operate.products.interval")} value={interval} onChange={setInterval} choices={["month", "year"].map((id) => ({ id, name: t(`operate.products.per_${id}`) }))} />}
      <Field label={t("operate.products.country")} hint={t("operate.products.country_hint")} pattern="[A-Za-z]{2}" maxLength={2} value={country} onChange={setCountry} />
    </Ask>
  );
}
