// What was bought for others: the code of a gift, the seats of a class.

import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queries } from "../app/api";
import { useFormat } from "../app/format";
import { useMutation } from "../app/mutation";
import { Answer, Bar, Button, Card, css as ui, explain, Field, Notice, Row, Stack } from "../app/ui";
import { say, useComplaint } from "../app/ui/toasts";
import css from "./pay.module.css";

function CopyCode({ code }: { code: string }) {
  const { t } = useTranslation();
  const copy = async (text: string) => {
    await navigator.clipboard.writeText(text);
    say(t("pay.copied"));
  };
  return (
    <>
      <p className={css.code}>{code}</p>
      <Row>
        <Button look="primary" onPress={() => void copy(code)}>{t("pay.copy")}</Button>
        <Button onPress={() => void copy(`${location.origin}/payments?code=${encodeURIComponent(code)}`)}>{t("pay.copy_link")}</Button>
      </Row>
    </>
  );
}

export function Code({ orderId }: { orderId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const code = queries.useQuery("get", "/api/v1/payments/{order_id}/code", { params: { path: { order_id: orderId } } });
  return (
    <Card>
      <Stack>
        <h2>{t("pay.gift.title")}</h2>
        <Answer of={code} lines={1}>
          {(found) => found.usable ? <><p className={css.soft}>{t("pay.gift.about")}</p><CopyCode code={found.code} /></> : (
            <Notice>{found.redeemed_at ? t("pay.gift.redeemed", { date: format.date(found.redeemed_at) }) : t("pay.gift.closed")}</Notice>
          )}
        </Answer>
      </Stack>
    </Card>
  );
}

export function Seats({ orderId }: { orderId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const of = { params: { path: { order_id: orderId } } };
  const seats = queries.useQuery("get", "/api/v1/payments/{order_id}/seats", of);
  const [email, setEmail] = useState("");
  const assign = useMutation({
    mutationFn: () => api.POST("/api/v1/payments/{order_id}/seats", { ...of, body: { email } }),
    onSuccess: () => setEmail(""),
    onSettled: () => seats.refetch(),
  });
  const free = useMutation({
    mutationFn: (user_id: string) => api.DELETE("/api/v1/payments/{order_id}/seats/{user_id}", { params: { path: { order_id: orderId, user_id } } }),
    onError: useComplaint(),
    onSettled: () => seats.refetch(),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    assign.mutate();
  };
  return (
    <Card>
      <Stack>
        <h2>{t("pay.seats.title")}</h2>
        <Answer of={seats}>
          {(found) => {
            const count = t("pay.seats.taken", { taken: format.number(found.taken), count: found.quantity });
            return (
              <>
                <p>{count}</p>
                <Bar share={found.taken / found.quantity} label={count} />
                {found.closed ? <Notice tone="warn">{t("pay.gift.closed")}</Notice> : found.code && <><p className={css.soft}>{t("pay.seats.code_about")}</p><CopyCode code={found.code} /></>}
                {!found.closed && found.taken < found.quantity && (
                  <form onSubmit={submit} className={ui.inline}>
                    <Field label={t("pay.seats.email")} type="email" value={email} onChange={setEmail} isRequired maxLength={254} />
                    <Button type="submit" isDisabled={assign.isPending}>{t("pay.seats.give")}</Button>
                  </form>
                )}
                {assign.error && <Notice tone="bad">{explain(assign.error, t)}</Notice>}
                <ul className={css.list}>
                  {found.seats.map((seat) => (
                    <li key={seat.user_id}>
                      <span>{seat.name}<span className={css.soft}>{format.date(seat.since)}</span></span>
                      <Button small isDisabled={free.isPending} onPress={() => free.mutate(seat.user_id)} aria-label={t("pay.seats.free_named", { name: seat.name })}>{t("pay.seats.free")}</Button>
                    </li>
                  ))}
                </ul>
              </>
            );
          }}
        </Answer>
      </Stack>
    </Card>
  );
}
