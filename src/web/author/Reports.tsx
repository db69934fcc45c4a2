// What learners say about exercises: what is most worth a look first.

import { useMutation } from "../app/mutation";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, queries, Refusal, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { Button, Card, Chip, Dialog, Empty, Failed, Field, Loading, Row, Stack } from "../app/ui";
import { Pick } from "../app/ui/choice";
import { say, useComplaint } from "../app/ui/toasts";
import css from "./author.module.css";
import { PAGES, useDraft, useRefresh } from "./draft";
import { inBrief } from "./edit/node";
import type { Values } from "./form/schema";

type Report = Schemas["QueuedReportOut"];
type State = Report["state"];
type Step = "accept" | "resolved" | "refused";
const STATES: readonly State[] = ["open", "accepted", "resolved", "refused"];

export function Reports() {
  const { t } = useTranslation();
  const draft = useDraft();
  const [state, setState] = useState<State>("open");
  const [wish, setWish] = useState<{ report: Report; step: Step } | null>(null);
  const reports = queries.useInfiniteQuery("get", "/api/v1/courses/{course_id}/reports", { params: { path: { course_id: draft.id }, query: { state } } }, PAGES);
  const items = reports.data?.pages.flatMap((page) => page.items);
  return (
    <>
      <header className={css.head}>
        <div><h1>{t("author.place.reports")}</h1><p className={css.soft}>{t("author.reports_lead")}</p></div>
        <Pick label={t("author.state")} options={STATES.map((value) => ({ value, name: t(`author.report.${value}`) }))} value={state} onChange={setState} />
      </header>
      {items === undefined ? reports.error ? isUnpublished(reports.error) ? <Empty title={t("author.no_report")}><p>{t("author.not_published_yet")}</p></Empty> : <Failed error={reports.error} retry={() => void reports.refetch()} /> : <Loading /> : items.length === 0 ? <Empty title={t("author.no_report")} /> : (
        <ul className={css.list}>{items.map((report) => <li key={report.id}><One report={report} onStep={(step) => setWish({ report, step })} /></li>)}</ul>
      )}
      {reports.hasNextPage && <Button onPress={() => void reports.fetchNextPage()}>{t("author.more")}</Button>}
      {wish && <Doing courseId={draft.id} {...wish} onClose={() => setWish(null)} />}
    </>
  );
}

/** Nobody has learned with it yet. */
const isUnpublished = (error: unknown) => error instanceof Refusal && error.status === 404;

function One({ report, onStep }: { report: Report; onStep: (step: Step) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const draft = useDraft();
  return (
    <Card className={css.remark ?? ""}>
      <Row between>
        <Row><Chip tone={report.reason === "accept" ? "warn" : "bad"}>{t(`author.reason.${report.reason}`)}</Chip><span className={css.soft}>{report.lesson_title} · {t("author.reporters", { count: report.reporters })} · {format.relative(report.last_at)}</span></Row>
        {report.reason === "accept" && <span className={css.soft}>{t("author.likely", { share: format.percent(report.likelihood) })}</span>}
      </Row>
      <p className={css.asked} dir="auto">{inBrief(report.prompt as unknown as Values)}</p>
      {!report.still_asked && <p className={css.soft}>{t("author.not_asked_now")}</p>}
      {report.answer !== null && <dl className={css.fields}><div><dt>{t("author.their_answer")}</dt><dd dir="auto">{inWords(report.answer)}</dd></div>{report.expected !== null && <div><dt>{t("author.expected")}</dt><dd dir="auto">{inWords(report.expected)}</dd></div>}</dl>}
      {report.texts.map((text, place) => <blockquote key={place} className={css.said} dir="auto">{text}</blockquote>)}
      {report.note && <p className={css.soft}>{t("author.note")}: {report.note}</p>}
      <Row>
        {report.state === "open" && report.reason === "accept" && draft.may_publish && <Button small look="primary" onPress={() => onStep("accept")}>{t("author.accept_answer")}</Button>}
        {report.state === "open" && <Button small onPress={() => onStep("resolved")}>{t("author.report_resolve")}</Button>}
        {report.state === "open" && <Button small look="quiet" onPress={() => onStep("refused")}>{t("author.report_refuse")}</Button>}
        {report.still_asked && <Link to={`/author/${draft.id}/exercise/${report.exercise_id}`}>{t("author.open_exercise")}</Link>}
      </Row>
    </Card>
  );
}

function Doing({ courseId, report, step, onClose }: { courseId: string; report: Report; step: Step; onClose: () => void }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const complain = useComplaint();
  const isText = typeof report.answer === "string";
  const [text, setText] = useState(isText ? String(report.answer) : "");
  const [note, setNote] = useState("");
  const act = useMutation({
    mutationFn: async () => {
      const params = { path: { course_id: courseId, report_id: report.id } };
      if (step === "accept") await api.POST("/api/v1/courses/{course_id}/reports/{report_id}/accept", { params, body: { text: isText && text.trim() ? text.trim() : null, note } });
      else await api.POST("/api/v1/courses/{course_id}/reports/{report_id}/close", { params, body: { state: step, note } });
    },
    onSuccess: async () => {
      say(t(`author.report_done.${step}`));
      onClose();
      await refresh();
    },
    onError: complain,
  });
  return (
    <Dialog title={t(`author.report_step.${step}`)} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); act.mutate(); }}>
        <Stack>
          <p>{t(`author.report_detail.${step}`)}</p>
          {step === "accept" && isText && <Field label={t("author.accept_as")} hint={t("author.accept_hint")} dir="auto" isRequired maxLength={1000} value={text} onChange={setText} />}
          <Field label={t("author.note_to_learner")} lines={2} maxLength={500} value={note} onChange={setNote} />
          <Row><Button type="submit" look="primary" isDisabled={act.isPending}>{t(`author.report_step.${step}`)}</Button><Button look="quiet" onPress={onClose}>{t("author.cancel")}</Button></Row>
        </Stack>
      </form>
    </Dialog>
  );
}

function inWords(value: unknown): string {
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.map((one) => (Array.isArray(one) ? one.join(" – ") : String(one))).join(" · ") : JSON.stringify(value);
}
