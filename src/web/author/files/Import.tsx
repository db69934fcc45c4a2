// How far an import is, and what its file said that was not understood, line by line.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { FileTrigger } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";
import { api, queries, type Schemas } from "../../app/api";
import { useFormat } from "../../app/format";
import { useFrame } from "../../app/live";
import { useMutation } from "../../app/mutation";
import { Answer, Bar, Button, ButtonLink, Chip, css as ui, Notice, Row } from "../../app/ui";
import { say, useComplaint } from "../../app/ui/toasts";
import css from "../author.module.css";
import { PAGES } from "../draft";
import { inWords } from "../form/said";
import { State } from "./Imports";
import { type Import as Work, isOver, sendParts } from "./importing";

const LOOK_MS = 4_000;
const LEVELS = ["section", "unit", "lesson", "exercise"] as const;
const TONES = { error: "bad", warning: "warn", note: "neutral" } as const;

export function Import() {
  const { importId = "" } = useParams();
  const { t } = useTranslation();
  const work = queries.useQuery("get", "/api/v1/authoring/imports/{import_id}", { params: { path: { import_id: importId } } }, {
    // Frames tell it at once; this is for whoever has no live connection.
    refetchInterval: ({ state: { data } }) => (data && (isOver(data) || data.state === "waiting") ? false : LOOK_MS),
  });
  const [live, setLive] = useState<{ done: number; total: number } | null>(null);
  useFrame("import.progress", (frame) => {
    if (frame.import_id !== importId) return;
    setLive({ done: frame.done, total: frame.total });
    if (frame.state !== work.data?.state) void work.refetch();
  });
  return (
    <div className={css.content}>
      <Link className={css.up ?? ""} to="/author">{t("author.courses")}</Link>
      <Answer of={work}>{(found) => <Shown work={{ ...found, ...(isOver(found) ? {} : live ?? {}) }} />}</Answer>
    </div>
  );
}

function Shown({ work }: { work: Work }) {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const complain = useComplaint();
  const client = useQueryClient();
  const drop = useMutation({
    mutationFn: () => api.DELETE("/api/v1/authoring/imports/{import_id}", { params: { path: { import_id: work.id } } }),
    onSuccess: async () => {
      await navigate("/author");
      await client.invalidateQueries({ queryKey: ["get", "/api/v1/authoring/imports"] });
    },
    onError: complain,
  });
  const counts = LEVELS.map((name) => [name, work.counts[name] ?? 0] as const).filter(([, count]) => count > 0);
  return (
    <>
      <title>{`${work.name} – Lyceum`}</title>
      <header className={css.head}>
        <div><h1 className={css.nodeTitle}>{work.name}</h1><p className={css.soft}>{[work.format, work.dry_run && t("author.import.dry"), format.time(work.created_at)].filter(Boolean).join(" · ")}</p></div>
        <State of={work} />
      </header>
      <div aria-live="polite" className={css.section}>
        {work.state === "waiting" && <GoOn work={work} />}
        {(work.state === "queued" || work.state === "running") && <><p>{t("author.import.running")}</p><Bar share={work.total ? work.done / work.total : 0} label={t("author.import.running")} /></>}
        {work.state === "failed" && <Notice tone="bad">{t("author.import.failed", { count: work.errors })}</Notice>}
        {work.state === "done" && <Notice tone="good">{t(work.dry_run ? "author.import.checked" : "author.import.done")}</Notice>}
      </div>
      {counts.length > 0 && <dl className={css.counts}>{counts.map(([name, count]) => <div key={name}><dt>{t(`author.count.${name}`)}</dt><dd>{format.number(count)}</dd></div>)}</dl>}
      <Row>
        {work.state === "done" && work.course_id && !work.dry_run && <ButtonLink look="primary" href={`/author/${work.course_id}`}>{t("author.import.open")}</ButtonLink>}
        {work.state === "failed" && <ButtonLink look="primary" href={work.course_id ? `/author/${work.course_id}/files` : "/author"}>{t("author.import.anew")}</ButtonLink>}
        {(isOver(work) || work.state === "waiting") && <Button look="quiet" isDisabled={drop.isPending} onPress={() => drop.mutate()}>{t("author.import.forget")}</Button>}
      </Row>
      {isOver(work) && work.remarks > 0 && <Report work={work} />}
    </>
  );
}

function GoOn({ work }: { work: Work }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const complain = useComplaint();
  const [share, setShare] = useState<number | null>(null);
  const send = useMutation({
    mutationFn: (file: File) => sendParts(file, work, setShare),
    onError: (error) => {
      setShare(null);
      complain(error);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["get", "/api/v1/authoring/imports/{import_id}"] }),
  });
  return (
    <>
      <Notice tone="warn">{t("author.import.waits", { name: work.name })}</Notice>
      {share === null ? <div><FileTrigger onSelect={(files) => files?.[0] && (files[0].size === work.size_bytes ? send.mutate(files[0]) : say(t("author.media.other_file")))}><Button look="primary">{t("author.import.go_on")}</Button></FileTrigger></div> : <Bar share={share} label={t("author.media.sending", { name: work.name })} />}
    </>
  );
}

function Report({ work }: { work: Work }) {
  const { t } = useTranslation();
  const remarks = queries.useInfiniteQuery("get", "/api/v1/authoring/imports/{import_id}/remarks", { params: { path: { import_id: work.id }, query: { limit: 100 } } }, PAGES);
  const items = remarks.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className={css.section} aria-label={t("author.import.report")}>
      <h2>{t("author.import.report")}</h2>
      <Remarks items={items} />
      {remarks.hasNextPage && <Button isDisabled={remarks.isFetchingNextPage} onPress={() => void remarks.fetchNextPage()}>{t("author.more")}</Button>}
    </section>
  );
}

export function Remarks({ items }: { items: readonly Schemas["RemarkOut"][] }) {
  const { t } = useTranslation();
  return (
    <div className={ui.tableWrap} role="region" aria-label={t("author.import.report")} tabIndex={0}>
      <table className={ui.table}>
        <thead><tr><th scope="col">{t("author.import.severity")}</th><th scope="col">{t("author.import.line")}</th><th scope="col">{t("author.import.message")}</th></tr></thead>
        <tbody>{items.map((remark) => <tr key={remark.number}><td><Chip tone={TONES[remark.severity]}>{t(`author.import.${remark.severity}`)}</Chip></td><td className={css.where}>{remark.file}:{remark.line}</td><td>{inWords(remark.message, t)}</td></tr>)}</tbody>
      </table>
    </div>
  );
}
