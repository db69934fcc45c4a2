// Background jobs: what waits, what failed for good, and another try for it.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { Select } from "../account/controls";
import { api, body, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { Answer, Button, Chip, Dialog, Notice, Row } from "../app/ui";
import { say, useComplaint } from "../app/ui/toasts";
import css from "./operator.module.css";
import { Act, Ago, Ask, Facts, Head, Json, PAGES, Pages, Table } from "./parts";

type Job = Schemas["JobOut"];
type Wanted = Schemas["ReplayIn"];
const STATES = ["dead", "pending", "done"] as const;
const TONES = { dead: "bad", pending: "warn", done: "good" } as const;
const EVERY_MS = 5_000;

export function useReplay() {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wanted: Wanted) => body(api.POST("/api/v1/admin/jobs/replay", { body: wanted })),
    onSuccess: ({ replayed }) => {
      say(t("operate.jobs.replayed", { count: replayed }));
      return client.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/api/v1/admin/jobs") });
    },
  });
}

export function Jobs() {
  const { t } = useTranslation();
  const format = useFormat();
  const [address, setAddress] = useSearchParams();
  const state = STATES.find((one) => one === address.get("state")) ?? "dead";
  const subscription = address.get("name");
  const [shown, setShown] = useState<Job | null>(null);
  const [asking, setAsking] = useState(false);
  const replay = useReplay();
  const complain = useComplaint();
  const counts = queries.useQuery("get", "/api/v1/admin/jobs/counts", {}, { refetchInterval: EVERY_MS });
  const jobs = queries.useInfiniteQuery(
    "get", "/api/v1/admin/jobs", { params: { query: { state, subscription, limit: 50 } } },
    { ...PAGES, ...(state === "done" ? {} : { refetchInterval: EVERY_MS }) },
  );
  const choose = (name: string, value: string | null) => setAddress((before) => {
    if (value) before.set(name, value);
    else before.delete(name);
    return before;
  });
  const names = counts.data?.items.map((each) => each.subscription) ?? [];
  const dead = counts.data?.items.reduce((total, each) => total + (!subscription || each.subscription === subscription ? each.dead : 0), 0) ?? 0;
  return (
    <>
      <Head title={t("operate.place.jobs")} lead={t("operate.jobs.lead")}>
        {state === "dead" && dead > 0 && <Button look="primary" onPress={() => setAsking(true)}>{t("operate.jobs.replay_all", { count: dead })}</Button>}
      </Head>
      {counts.data && counts.data.items.length > 0 && (
        <Table
          label={t("operate.jobs.by_name")}
          items={counts.data.items}
          id={(each) => each.subscription}
          columns={[
            { name: t("operate.jobs.name"), show: (each) => <button type="button" className={`${css.link} ${css.code}`} onClick={() => choose("name", each.subscription)}>{each.subscription}</button> },
            { name: t("operate.jobs.dead"), end: true, show: (each) => (each.dead ? <Chip tone="bad">{format.number(each.dead)}</Chip> : "0") },
            { name: t("operate.jobs.pending"), end: true, show: (each) => format.number(each.pending) },
            { name: t("operate.jobs.retrying"), end: true, wide: true, show: (each) => format.number(each.retrying) },
            { name: t("operate.jobs.due"), wide: true, show: (each) => <Ago at={each.due_at} /> },
          ]}
        />
      )}
      <div className={css.filters}>
        <Select label={t("operate.state")} value={state} onChange={(id) => choose("state", id)} choices={STATES.map((id) => ({ id, name: t(`operate.jobs.${id}`) }))} />
        <Select
          label={t("operate.jobs.name")} value={subscription ?? ""} onChange={(id) => choose("name", id || null)}
          choices={[{ id: "", name: t("operate.all") }, ...[...new Set([...names, ...(subscription ? [subscription] : [])])].map((name) => ({ id: name, name }))]}
        />
      </div>
      <Pages
        of={jobs}
        label={t("operate.place.jobs")}
        empty={t(`operate.jobs.none_${state}`)}
        id={(job) => job.event_id + job.subscription}
        columns={[
          {
            name: t("operate.jobs.name"),
            show: (job) => <><button type="button" className={`${css.link} ${css.code}`} onClick={() => setShown(job)}>{job.subscription}</button><div className={css.soft}>{job.event_type}</div></>,
          },
          { name: t("operate.jobs.error"), wide: true, show: (job) => <span className={css.soft}>{job.last_error ?? "–"}</span> },
          { name: t("operate.jobs.tries"), end: true, show: (job) => format.number(job.attempts) },
          { name: t("operate.jobs.when"), wide: true, show: (job) => <Ago at={job.finished_at ?? job.due_at} /> },
          {
            name: "", end: true,
            show: (job) => job.state === "dead" && (
              <Act act={t("operate.replay")} on={job.subscription} isDisabled={replay.isPending} onPress={() => replay.mutate({ event_id: job.event_id, subscription: job.subscription, everything: false }, { onError: complain })} />
            ),
          },
        ]}
      />
      {shown && <Shown of={shown} onClose={() => setShown(null)} />}
      {asking && (
        <Ask
          title={t("operate.jobs.replay_all", { count: dead })} why={t("operate.jobs.replay_why")} act={t("operate.replay")}
          onClose={() => setAsking(false)} onAct={() => replay.mutateAsync(subscription ? { subscription, everything: false } : { everything: true })}
        />
      )}
    </>
  );
}

function Shown({ of, onClose }: { of: Job; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const replay = useReplay();
  const complain = useComplaint();
  const { event_id, subscription } = of;
  const job = queries.useQuery("get", "/api/v1/admin/jobs/{event_id}/{subscription}", { params: { path: { event_id, subscription } } });
  return (
    <Dialog title={t("operate.jobs.one")} isOpen onClose={onClose}>
      <p className={css.code}>{subscription}</p>
      <Answer of={job}>
        {(found) => (
          <>
            <Facts
              of={[
                [t("operate.state"), <Chip tone={TONES[found.state]}>{t(`operate.jobs.${found.state}`)}</Chip>],
                [t("operate.jobs.tries"), format.number(found.attempts)],
                [t("operate.jobs.due"), <Ago at={found.due_at} />],
                [t("operate.jobs.finished"), <Ago at={found.finished_at} />],
              ]}
            />
            {found.last_error && <Notice tone={found.state === "dead" ? "bad" : "warn"}><span className={css.code}>{found.last_error}</span></Notice>}
            <h3>{t("operate.jobs.fact")}</h3>
            <Json of={found.fact} />
            <Row>
              {found.state === "dead" && <Button look="primary" isDisabled={replay.isPending} onPress={() => replay.mutate({ event_id, subscription, everything: false }, { onSuccess: onClose, onError: complain })}>{t("operate.replay")}</Button>}
              <Button look="quiet" onPress={onClose}>{t("operate.close")}</Button>
            </Row>
          </>
        )}
      </Answer>
    </Dialog>
  );
}
