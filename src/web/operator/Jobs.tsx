// Background jobs: what waits, what failed for good and since when, and another try for it.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Select } from "../account/controls";
import { api, body, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { Answer, Button, Chip, Dialog, Notice, Row } from "../app/ui";
import { say } from "../app/ui/toasts";
import { Ask, Do, Trouble, useActing, useRefresh } from "./acting";
import css from "./operator.module.css";
import { Ago, Dotted, Facts, Head, Json, PAGES, Pages, Table, useFilters, whileShort, Who } from "./parts";
import { PAGE, Take } from "./take";

type Job = Schemas["JobOut"];
type Wanted = Schemas["ReplayIn"];
const STATES = ["dead", "pending", "done"] as const;
const TONES = { dead: "bad", pending: "warn", done: "good" } as const;
const EVERY_MS = 5_000;
const WATCHED_MS = 1_500;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

function useReplay(): [(wanted: Wanted) => Promise<Schemas["ReplayedOut"]>, (done: Schemas["ReplayedOut"]) => Promise<void>] {
  const { t } = useTranslation();
  const refresh = useRefresh("/api/v1/admin/jobs");
  const replay = (wanted: Wanted) => body(api.POST("/api/v1/admin/jobs/replay", { body: wanted }));
  const done = ({ replayed }: Schemas["ReplayedOut"]) => {
    say(t("operate.jobs.replayed", { count: replayed }));
    return refresh();
  };
  return [replay, done];
}

export function Jobs() {
  const { t } = useTranslation();
  const format = useFormat();
  const [address, choose] = useFilters();
  const state = STATES.find((one) => one === address.get("state")) ?? "dead";
  const subscription = address.get("name");
  const [event, name] = address.get("open")?.split("/") ?? [];
  const [asking, setAsking] = useState(false);
  const [replay, replayed] = useReplay();
  const counts = queries.useQuery("get", "/api/v1/admin/jobs/counts", {}, { refetchInterval: EVERY_MS });
  const jobs = queries.useInfiniteQuery(
    "get", "/api/v1/admin/jobs", { params: { query: { state, subscription, limit: 50 } } },
    { ...PAGES, ...(state === "done" ? {} : { refetchInterval: whileShort(EVERY_MS) }) },
  );
  const named = counts.data?.items ?? [];
  const dead = named.reduce((total, each) => total + (!subscription || each.subscription === subscription ? each.dead : 0), 0);
  return (
    <>
      <Head title={t("operate.place.jobs")} lead={t("operate.jobs.lead")}>
        {state === "dead" && dead > 0 && <Button look="primary" onPress={() => setAsking(true)}>{t("operate.jobs.replay_all", { count: dead })}</Button>}
      </Head>
      {named.length > 0 && (
        <Table
          label={t("operate.jobs.by_name")}
          items={named}
          id={(each) => each.subscription}
          columns={[
            { name: t("operate.jobs.name"), show: (each) => <button type="button" className={`${css.link} ${css.code}`} onClick={() => choose("name", each.subscription)}><Dotted name={each.subscription} /></button> },
            { name: t("operate.jobs.dead"), end: true, show: (each) => (each.dead ? <Chip tone="bad">{format.number(each.dead)}</Chip> : format.number(0)) },
            { name: t("operate.jobs.since"), show: (each) => <Ago at={each.dead_since} /> },
            { name: t("operate.jobs.pending"), end: true, show: (each) => format.number(each.pending) },
            { name: t("operate.jobs.retrying"), end: true, wide: true, show: (each) => format.number(each.retrying) },
            { name: t("operate.jobs.due"), wide: true, show: (each) => <Ago at={each.due_at} /> },
          ]}
        />
      )}
      <div className={css.filters}>
        <Select label={t("operate.state")} value={state} onChange={(id) => choose("state", id)} choices={STATES.map((id) => ({ id, name: t(`operate.jobs.${id}`) }))} />
        <Select
          label={t("operate.jobs.name")} value={subscription ?? ""} onChange={(id) => choose("name", id)}
          choices={[{ id: "", name: t("operate.all") }, ...[...new Set([...named.map((each) => each.subscription), ...(subscription ? [subscription] : [])])].map((id) => ({ id, name: id }))]}
        />
        <Take name="jobs" page={(cursor) => body(api.GET("/api/v1/admin/jobs", { params: { query: { state, subscription, limit: PAGE, cursor } } }))} />
      </div>
      <Pages
        of={jobs}
        label={t("operate.place.jobs")}
        empty={t(`operate.jobs.none_${state}`)}
        id={(job) => job.event_id + job.subscription}
        columns={[
          {
            name: t("operate.jobs.name"),
            show: (job) => (
              <>
                <button type="button" className={`${css.link} ${css.code}`} onClick={() => choose("open", `${job.event_id}/${job.subscription}`)}><Dotted name={job.subscription} /></button>
                <div className={css.soft}>{job.last_error ?? job.event_type}</div>
              </>
            ),
          },
          { name: t("operate.jobs.tries"), end: true, wide: true, show: (job) => format.number(job.attempts) },
          { name: t("operate.jobs.when"), show: (job) => <Ago at={job.finished_at ?? job.due_at} /> },
          {
            name: "", end: true,
            show: (job) => job.state === "dead" && (
              <Do act={t("operate.replay")} on={job.subscription} onAct={() => replay({ event_id: job.event_id, subscription: job.subscription, everything: false })} onDone={replayed} />
            ),
          },
        ]}
      />
      {event && name && <Shown event_id={event} subscription={name} onClose={() => choose("open", null)} />}
      {asking && <Ask title={t("operate.jobs.replay_all", { count: dead })} why={t("operate.jobs.replay_why")} act={t("operate.replay")} onClose={() => setAsking(false)} onAct={() => replay(subscription ? { subscription, everything: false } : { everything: true })} onDone={replayed} />}
    </>
  );
}

/** Stays open while it runs again, so that whoever wanted that sees what becomes of it. */
function Shown({ event_id, subscription, onClose }: Pick<Job, "event_id" | "subscription"> & { onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [replay, replayed] = useReplay();
  const again = useActing(() => replay({ event_id, subscription, everything: false }), replayed);
  const job = queries.useQuery(
    "get", "/api/v1/admin/jobs/{event_id}/{subscription}", { params: { path: { event_id, subscription } } },
    { refetchInterval: ({ state }) => (state.data?.state === "pending" ? WATCHED_MS : false) },
  );
  return (
    <Dialog title={t("operate.jobs.one")} isOpen onClose={onClose}>
      <p className={css.code}>{subscription}</p>
      <Answer of={job}>
        {(found) => (
          <>
            <div aria-live="polite">
              <Facts
                of={[
                  [t("operate.state"), <Chip tone={TONES[found.state]}>{t(`operate.jobs.${found.state}`)}</Chip>],
                  [t("operate.jobs.tries"), format.number(found.attempts)],
                  found.finished_at ? [t("operate.jobs.finished"), <Ago at={found.finished_at} />] : [t("operate.jobs.due"), <Ago at={found.due_at} />],
                  ...peopleOf(found.fact).map(([field, id]) => [field, <Who id={id} />] as const),
                ]}
              />
            </div>
            {found.last_error && found.state !== "done" && <Notice tone={found.state === "dead" ? "bad" : "warn"}><span className={css.code}>{found.last_error}</span></Notice>}
            <h3>{t("operate.jobs.fact")}</h3>
            <Json of={found.fact} name={event_id} />
            <Trouble of={again.error} />
            <Row>
              {found.state === "dead" && <Button look="primary" data-busy={again.isPending || undefined} onPress={() => again.mutate()}>{t("operate.replay")}</Button>}
              <Button look="quiet" onPress={onClose}>{t("operate.close")}</Button>
            </Row>
          </>
        )}
      </Answer>
    </Dialog>
  );
}

/** Whom the fact is about, by the names of its members. */
function peopleOf(fact: Record<string, unknown>): [string, string][] {
  return Object.entries(fact).filter((entry): entry is [string, string] => /(?:^|_)(?:user|person|learner|buyer)_id$/.test(entry[0]) && typeof entry[1] === "string" && UUID.test(entry[1]));
}
