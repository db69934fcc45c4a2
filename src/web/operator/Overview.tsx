// Whether all is well, and where somebody has to look.

import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { queries } from "../app/api";
import { useFormat } from "../app/format";
import { Answer, Chip, Loading, Notice } from "../app/ui";
import { useMay } from "./Operator";
import css from "./operator.module.css";
import { Head, Table } from "./parts";

const Charts = lazy(() => import("./Charts"));
const EVERY_MS = 10_000;
const TONES = { up: "good", degraded: "warn", down: "bad" } as const;

export function Overview() {
  const { t } = useTranslation();
  const admin = useMay("admin");
  const support = useMay("admin", "support");
  return (
    <>
      <Head title={t("operate.place.overview")} />
      <div className={css.tiles}>
        {admin && <DeadJobs />}
        {admin && <SetAside />}
        {support && <OpenTickets />}
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

function Tile({ to, name, count, more, tone }: { to: string; name: string; count: number | undefined; more?: boolean; tone: "bad" | "warn" }) {
  const format = useFormat();
  return (
    <Link to={to} className={css.tile}>
      <span className={css.soft}>{name}</span>
      <span className={css.figure} data-tone={count ? tone : undefined}>{count === undefined ? "…" : format.number(count)}{more && "+"}</span>
    </Link>
  );
}

function DeadJobs() {
  const { t } = useTranslation();
  const { data } = queries.useQuery("get", "/api/v1/admin/jobs/counts", {}, { refetchInterval: EVERY_MS });
  const sum = (of: "dead" | "pending") => data?.items.reduce((total, each) => total + each[of], 0);
  return (
    <>
      <Tile to="/admin/jobs" name={t("operate.tile.dead")} count={sum("dead")} tone="bad" />
      <Tile to="/admin/jobs?state=pending" name={t("operate.tile.pending")} count={sum("pending")} tone="warn" />
    </>
  );
}

function SetAside() {
  const { t } = useTranslation();
  const { data } = queries.useQuery("get", "/api/v1/admin/webhooks", { params: { query: { state: "quarantined", limit: 100 } } }, { refetchInterval: EVERY_MS });
  return <Tile to="/admin/webhooks?state=quarantined" name={t("operate.tile.set_aside")} count={data?.items.length} more={Boolean(data?.next_cursor)} tone="bad" />;
}

function OpenTickets() {
  const { t } = useTranslation();
  const { data } = queries.useQuery("get", "/api/v1/admin/tickets", { params: { query: { status: "open", limit: 100 } } }, { refetchInterval: EVERY_MS });
  return <Tile to="/admin/tickets" name={t("operate.tile.tickets")} count={data?.items.length} more={Boolean(data?.next_cursor)} tone="warn" />;
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
                { name: t("operate.latency"), end: true, show: (service) => (service.latency_ms === null ? "–" : `${format.number(service.latency_ms)} ms`) },
                { name: t("operate.detail"), wide: true, show: (service) => <span className={css.soft}>{service.detail || "–"}</span> },
              ]}
            />
          </>
        )}
      </Answer>
    </section>
  );
}
