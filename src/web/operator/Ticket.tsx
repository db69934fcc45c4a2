// One question and its answer, which goes out by mail.

import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { api, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { Answer, Button, Card, Chip, Field, Row, Stack } from "../app/ui";
import { say } from "../app/ui/toasts";
import { Trouble, useActing, useRefresh } from "./acting";
import css from "./operator.module.css";
import { Facts, Head, Who } from "./parts";
import { TONES } from "./Tickets";

export function Ticket() {
  const { ticketId = "" } = useParams();
  const ticket = queries.useQuery("get", "/api/v1/admin/tickets/{ticket_id}", { params: { path: { ticket_id: ticketId } } });
  return <Answer of={ticket}>{(found) => <Shown of={found} />}</Answer>;
}

function Shown({ of }: { of: Schemas["NotificationsTicketOut"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const refresh = useRefresh("/api/v1/admin/tickets");
  const [answer, setAnswer] = useState("");
  const params = { params: { path: { ticket_id: of.id } } };
  const act = useActing(
    async (how: "answer" | "close" | "spam") => {
      if (how === "answer") await api.POST("/api/v1/admin/tickets/{ticket_id}/answer", { ...params, body: { answer } });
      else await api.POST(how === "close" ? "/api/v1/admin/tickets/{ticket_id}/close" : "/api/v1/admin/tickets/{ticket_id}/spam", params);
    },
    (_, how) => {
      say(t(`operate.tickets.done_${how}`));
      return refresh();
    },
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!act.isPending) act.mutate("answer");
  };
  return (
    <>
      <Head title={of.subject}><Chip tone={TONES[of.state]}>{t(`operate.tickets.${of.state}`)}</Chip></Head>
      <Facts
        of={[
          [t("operate.tickets.from"), `${of.name} <${of.email}>`],
          [t("operate.tickets.account"), <Who id={of.user_id} />],
          [t("operate.tickets.number"), <span className={css.code}>{of.number}</span>],
          [t("operate.tickets.came"), format.time(of.created_at)],
          [t("operate.tickets.spam_score"), format.number(of.spam_score)],
        ]}
      />
      <Card aria-label={t("operate.tickets.question")}><p className={css.message}>{of.body}</p></Card>
      {of.answer && (
        <Card aria-label={t("operate.tickets.answer")}>
          <Stack><h2>{t("operate.tickets.answer")}</h2><p className={css.message}>{of.answer}</p><p className={css.soft}>{of.answered_at && format.time(of.answered_at)} <Who id={of.answered_by} /></p></Stack>
        </Card>
      )}
      {of.state === "open" && (
        <form onSubmit={submit}>
          <Stack>
            <Field label={t("operate.tickets.answer")} hint={t("operate.tickets.answer_hint")} lines={8} isRequired maxLength={5000} value={answer} onChange={setAnswer} />
            <Trouble of={act.error} />
            <Row>
              <Button type="submit" look="primary" isDisabled={act.isPending}>{t("operate.tickets.send")}</Button>
              <Button isDisabled={act.isPending} onPress={() => act.mutate("close")}>{t("operate.tickets.close")}</Button>
              <Button look="danger" isDisabled={act.isPending} onPress={() => act.mutate("spam")}>{t("operate.tickets.is_spam")}</Button>
            </Row>
          </Stack>
        </form>
      )}
    </>
  );
}
