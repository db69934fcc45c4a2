// Whether all is well, and where somebody has to look.

import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { queries } from "../app/api";
import { useFormat } from "../app/format";
import { Answer, Chip, explain, Loading, Notice } from "../app/ui";
import { useMay } from "./Operator";
import css from "./operator.module.css";
import { Head, Table } from "./parts";
import { PAGE } from "./take";
import { useSetAside } from "./Webhooks";

const Charts = lazy(() => import("./Charts"));
const EVERY_MS = 10_000;
const TONES = { up: "good", degraded: "warn", down: "bad" } as const;

export function Overview() {
  const { t } = useTranslation();
  const admin = useMay("admin");
  const support = useMay("admin", "support");
  const moderator = useMay("admin", "moderator");
  return (
    <>
      <Head title={t("operate.place.overview")} />
      <div className={css.tiles}>
        {admin && <DeadJobs />}
        {admin && <SetAside />}
        {support && <OpenTickets />}
        {moderator && <OpenReports />}
      </div>
      <Services />
      {admin && (
        <section className={css.section}>
          <div><h2>{t("operate.figures")}</h2><p className={css.lead}>{t("operate.figures_lead")}</p></div>
          <Suspense fallback={<Loading />}><Charts /></Suspense>
        </section>
      )}
    </>
  );
}

interface TileProps {
  to: string;
  name: string;
  of: { error: unknown };
  count: number | undefined;
  /** There are more than were counted. */
  more?: boolean;
  /** Of the oldest. */
  since?: string | null | undefined;
  tone: "bad" | "warn";
}

function Tile({ to, name, of, count, more = false, since, tone }: TileProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const unknown = count === undefined && of.error;
  return (
    <Link to={to} className={css.tile}>
      <span className={css.soft}>{name}</span>
      <span dir="ltr" className={css.figure} data-tone={count ? tone : undefined}>{count === undefined ? (unknown ? "–" : "…") : `${format.number(count)}${more ? "+" : ""}`}</span>
      {unknown ? <span className={css.soft}>{explain(of.error, t)}</span> : since && <span className={css.soft}>{t("operate.tile.since", { when: format.relative(since) })}</span>}
    </Link>
  );
}

function DeadJobs() {
  const { t } = useTranslation();
  const counts = queries.useQuery("get", "/api/v1/admin/jobs/counts", {}, { refetchInterval: EVERY_MS });
  const sum = (of: "dead" | "pending") => counts.data?.items.reduce((total, each) => total + each[of], 0);
  const since = counts.data?.items.map((each) => each.dead_since).filter((at) => at !== null).sort()[0];
  return (
    <>
      <Tile to="/admin/jobs" name={t("operate.tile.dead")} of={counts} count={sum("dead")} since={since} tone="bad" />
      <Tile to="/admin/jobs?state=pending" name={t("operate.tile.pending")} of={counts} count={sum("pending")} tone="warn" />
    </>
  );
}

function SetAside() {
  const { t } = useTranslation();
  const found = useSetAside();
  return <Tile to="/admin/webhooks?state=quarantined" name={t("operate.tile.set_aside")} of={found} {...counted(found.data, (webhook) => webhook.received_at)} tone="bad" />;
}

function OpenTickets() {
  const { t } = useTranslation();
  const found = queries.useQuery("get", "/api/v1/admin/tickets", { params: { query: { status: "open", limit: PAGE } } }, { refetchInterval: EVERY_MS });
  return <Tile to="/admin/tickets" name={t("operate.tile.tickets")} of={found} {...counted(found.data, (ticket) => ticket.created_at)} tone="warn" />;
}

function OpenReports() {
  const { t } = useTranslation();
  const found = queries.useQuery("get", "/api/v1/reports", { params: { query: { state: "open", limit: PAGE } } }, { refetchInterval: EVERY_MS });
  return <Tile to="/admin/reports" name={t("operate.tile.reports")} of={found} {...counted(found.data, (report) => report.created_at)} tone="warn" />;
}

/** Since when is known where the list begins with the oldest, or all of it is on the page. */
function counted<T>(page: { items: T[]; next_cursor: string | null } | undefined, at: (item: T) => string): Pick<TileProps, "count" | "more" | "since"> {
  const more = Boolean(page?.next_cursor);
  const [oldest] = (page?.items ?? []).map(at).sort();
  const [first] = page?.items ?? [];
  return { count: page?.items.length, more, since: more && first && at(first) !== oldest ? null : oldest };
}

function Services() {
  const { t } = useTranslation();
  const format = useFormat();
  const health = queries.useQuery("get", "/health/services", {}, { refetchInterval: EVERY_MS });
  return (
    <section className={css.section}>
      <h2>{t("operate.services")}</h2>
      <Answer of={health}>
        {({ status, services }) => (
          <>
            <Notice tone={TONES[status]}>{t(`operate.health.${status}`)}</Notice>
            <Table
              label={t("operate.services")}
              items={services}
              id={(service) => service.name}
              columns={[
                { name: t("operate.service"), show: (service) => <span className={css.name}>{service.name}</span> },
                { name: t("operate.state"), show: (service) => <Chip tone={TONES[service.state]}>{t(`operate.health_state.${service.state}`)}</Chip> },
                { name: t("operate.latency"), end: true, show: (service) => (service.latency_ms === null ? "–" : <bdi>{format.number(Math.ceil(service.latency_ms))} ms</bdi>) },
                { name: t("operate.detail"), wide: true, show: (service) => <bdi className={css.soft}>{service.detail || "–"}</bdi> },
              ]}
            />
          </>
        )}
      </Answer>
    </section>
  );
}
