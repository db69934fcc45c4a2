// What people wrote by the contact form.

import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Select } from "../account/controls";
import { queries } from "../app/api";
import { Chip } from "../app/ui";
import css from "./operator.module.css";
import { Ago, Head, PAGES, Pages, useFilters } from "./parts";

const STATES = ["open", "answered", "undelivered", "closed", "spam"] as const;
export const TONES = { open: "warn", answered: "good", undelivered: "bad", closed: "neutral", spam: "neutral" } as const;

export function Tickets() {
  const { t } = useTranslation();
  const [address, choose] = useFilters();
  const status = STATES.find((one) => one === address.get("state")) ?? "open";
  const tickets = queries.useInfiniteQuery("get", "/api/v1/admin/tickets", { params: { query: { status } } }, PAGES);
  return (
    <>
      <Head title={t("operate.place.tickets")} lead={t("operate.tickets.lead")} />
      <div className={css.filters}>
        <Select label={t("operate.state")} value={status} onChange={(id) => choose("state", id)} choices={STATES.map((id) => ({ id, name: t(`operate.tickets.${id}`) }))} />
      </div>
      <Pages
        of={tickets} label={t("operate.place.tickets")} empty={t("operate.tickets.none")} id={(ticket) => ticket.id}
        columns={[
          { name: t("operate.tickets.subject"), show: (ticket) => <><Link className={css.name} to={`/admin/tickets/${ticket.id}`}>{ticket.subject}</Link><div className={css.soft}>{ticket.name} · {ticket.email}</div></> },
          { name: t("operate.tickets.number"), wide: true, show: (ticket) => <span className={css.code}>{ticket.number}</span> },
          { name: t("operate.state"), show: (ticket) => <Chip tone={TONES[ticket.state]}>{t(`operate.tickets.${ticket.state}`)}</Chip> },
          { name: t("operate.tickets.came"), end: true, wide: true, show: (ticket) => <Ago at={ticket.created_at} /> },
        ]}
      />
    </>
  );
}
