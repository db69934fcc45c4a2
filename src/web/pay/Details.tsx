// Whom documents are made out to.

import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, queries, type Schemas } from "../app/api";
import { useMutation } from "../app/mutation";
import { Answer, Button, Card, css as ui, explain, Field, Notice } from "../app/ui";
import { say } from "../app/ui/toasts";
import css from "./pay.module.css";

type Customer = Schemas["CustomerOut"];

export function Details() {
  const { t } = useTranslation();
  const customer = queries.useQuery("get", "/api/v1/billing/customer");
  return (
    <div className={`${css.narrow} ${ui.stack}`}>
      <h1>{t("pay.details.title")}</h1>
      <p className={css.soft}>{t("pay.details.about")}</p>
      <Answer of={customer} lines={5}>{(found) => <Form customer={found} />}</Answer>
      <div><Link to="/payments">{t("pay.mine")}</Link></div>
    </div>
  );
}

function Form({ customer }: { customer: Customer }) {
  const { t } = useTranslation();
  const [written, setWritten] = useState(customer);
  const queryClient = useQueryClient();
  const keep = useMutation({
    mutationFn: () => api.PUT("/api/v1/billing/customer", { body: { ...written, country: written.country.trim().toUpperCase() } }),
    onSuccess: () => {
      say(t("pay.details.kept"));
      void queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/billing/customer"] });
      void queryClient.invalidateQueries({ queryKey: ["post", "/api/v1/payments/quote"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    keep.mutate();
  };
  const field = (name: keyof Customer) => ({ label: t(`pay.details.${name}`), value: written[name], onChange: (value: string) => setWritten({ ...written, [name]: value }) });
  return (
    <Card>
      <form onSubmit={submit} className={ui.stack}>
        <Field {...field("name")} isRequired autoComplete="billing name" />
        <Field {...field("email")} type="email" autoComplete="billing email" />
        <Field {...field("address")} lines={3} autoComplete="billing street-address" />
        <Field {...field("country")} maxLength={2} autoComplete="billing country" hint={t("pay.details.country_hint")} />
        <Field {...field("region")} autoComplete="billing address-level1" />
        <Field {...field("tax_id")} hint={t("pay.details.tax_id_hint")} />
        {keep.error && <Notice tone="bad">{explain(keep.error, t)}</Notice>}
        <Button look="primary" type="submit" isDisabled={keep.isPending}>{t("pay.details.keep")}</Button>
      </form>
    </Card>
  );
}
