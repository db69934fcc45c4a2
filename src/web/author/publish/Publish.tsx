// From draft to learners: what keeps it, what changes, who has to approve, and when.

import { useMutation } from "../../app/mutation";
import { CircleCheck, TriangleAlert } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, body, queries, type Schemas } from "../../app/api";
import { about } from "../../app/problems";
import { useFormat } from "../../app/format";
import { Answer, Button, Chip, Dialog, Field, Notice, Row, Stack } from "../../app/ui";
import { say, useComplaint } from "../../app/ui/toasts";
import css from "../author.module.css";
import { type Draft, isStale, ofCourse, useDraft, useRefresh, useTree } from "../draft";
import { branches, byId } from "../dragging";
import { inWords } from "../form/said";
import { Changes } from "./Changes";

type Workflow = Schemas["WorkflowOut"];
type Step = "publish" | "submit" | "approve" | "return" | "schedule" | "unschedule";

export function Publish() {
  const draft = useDraft();
  const workflow = queries.useQuery("get", "/api/v1/authoring/courses/{course_id}/workflow", ofCourse(draft.id));
  return <Answer of={workflow}>{(found) => <Board draft={draft} workflow={found} />}</Answer>;
}

function Board({ draft, workflow }: { draft: Draft; workflow: Workflow }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [step, setStep] = useState<Step | null>(null);
  const problems = queries.useQuery("get", "/api/v1/authoring/courses/{course_id}/problems", ofCourse(draft.id));
  const keeps = problems.data?.items.filter((one) => one.severity === "error");
  const notes = problems.data?.items.filter((one) => one.severity === "note") ?? [];
  const isWhole = keeps?.length === 0;
  const needsReview = workflow.review_required && !workflow.approved;
  const mayPublish = draft.may_publish && isWhole && workflow.changed && !needsReview;
  const isInReview = workflow.state === "in_review";
  return (
    <>
      <header className={css.head}>
        <div><h1>{t("author.place.publish")}</h1><p className={css.soft}>{t(workflow.changed ? "author.publish_lead" : "author.publish_nothing")}</p></div>
        {draft.may_publish && <Button look="primary" isDisabled={!mayPublish} onPress={() => setStep("publish")}>{t("author.step.publish")}</Button>}
      </header>
      {workflow.publish_at && (
        <Notice tone={workflow.publishes_this ? "good" : "warn"}>
          {t(workflow.publishes_this ? "author.planned" : "author.planned_other", { when: format.time(workflow.publish_at) })}
        </Notice>
      )}
      {needsReview && workflow.changed && <Notice tone="warn">{t(!isInReview ? "author.needs_review" : workflow.mine ? "author.waits_for_review" : "author.waits_for_you")} {(!isInReview || workflow.mine) && <Link to={`/author/${draft.id}/people`}>{t("author.who_may_review")}</Link>}</Notice>}
      {workflow.approved && <Notice tone="good">{t("author.approved")}</Notice>}
      <Row>
        {draft.may_edit && !isInReview && workflow.changed && !workflow.approved && <Button onPress={() => setStep("submit")}>{t("author.step.submit")}</Button>}
        {isInReview && !workflow.approved && !workflow.mine && <Button onPress={() => setStep("approve")}>{t("author.step.approve")}</Button>}
        {isInReview && <Button onPress={() => setStep("return")}>{t("author.step.return")}</Button>}
        {mayPublish && !workflow.publish_at && <Button onPress={() => setStep("schedule")}>{t("author.step.schedule")}</Button>}
        {workflow.publish_at && draft.may_publish && <Button onPress={() => setStep("unschedule")}>{t("author.step.unschedule")}</Button>}
      </Row>
      <section className={css.section} aria-label={t("author.problems")}>
        <h2>{t("author.problems")}</h2>
        <Answer of={problems}>
          {() => (isWhole ? <p className={css.fine}><CircleCheck aria-hidden size={20} />{t(needsReview ? "author.whole" : "author.no_problem")}</p> : <Problems courseId={draft.id} items={keeps ?? []} />)}
        </Answer>
      </section>
      {notes.length > 0 && (
        <details className={css.more}>
          <summary>{t("author.notes", { count: notes.length })}</summary>
          <Problems courseId={draft.id} items={notes} />
        </details>
      )}
      <section className={css.section} aria-label={t("author.changes")}>
        <h2>{t("author.changes")}</h2>
        <Changes courseId={draft.id} />
      </section>
      {draft.role === "owner" && <Rule draft={draft} workflow={workflow} />}
      {step && <Doing step={step} draft={draft} workflow={workflow} onClose={() => setStep(null)} />}
    </>
  );
}

function Problems({ courseId, items }: { courseId: string; items: readonly Schemas["CourseProblemOut"][] }) {
  return <ul className={css.list}>{items.map((problem, place) => <li key={place} className={css.problem}><TriangleAlert aria-hidden size={18} /><Problem courseId={courseId} problem={problem} /></li>)}</ul>;
}

function Problem({ courseId, problem }: { courseId: string; problem: Schemas["CourseProblemOut"] }) {
  const { t } = useTranslation();
  const tree = useTree(courseId);
  const known = useMemo(() => tree.data && byId(branches(tree.data)), [tree.data]);
  const title = problem.node_id && known?.get(problem.node_id)?.title;
  const { kind, node_id, message } = problem;
  const to = kind === "course" ? `/author/${courseId}/about` : node_id && kind !== "section" ? `/author/${courseId}/${kind}/${node_id}` : `/author/${courseId}`;
  return <span><Chip>{t(`author.kind.${kind}`)}</Chip> {title && <b dir="auto">{title}: </b>}<Link to={to}>{inWords(message, t)}</Link></span>;
}

function Rule({ draft, workflow }: { draft: Draft; workflow: Workflow }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const complain = useComplaint();
  const set = useMutation({ mutationFn: (required: boolean) => api.PUT("/api/v1/authoring/courses/{course_id}/review", { ...ofCourse(draft.id), body: { required } }), onSuccess: refresh, onError: complain });
  const [asks, setAsks] = useState(false);
  const begin = () => {
    setAsks(false);
    set.mutate(true);
  };
  return (
    <>
      <label className={css.check}>
        <input type="checkbox" disabled={set.isPending} checked={set.isPending ? set.variables : workflow.review_required} onChange={(event) => (event.target.checked ? setAsks(true) : set.mutate(false))} />
        {t("author.review_rule")}
      </label>
      <Dialog title={t("author.review_rule_ask")} isOpen={asks} onClose={() => setAsks(false)}>
        <p>{t("author.review_rule_detail")}</p>
        <Row><Button look="primary" onPress={begin}>{t("author.review_rule_yes")}</Button><Button look="quiet" onPress={() => setAsks(false)}>{t("author.cancel")}</Button></Row>
      </Dialog>
    </>
  );
}

function Doing({ step, draft, workflow, onClose }: { step: Step; draft: Draft; workflow: Workflow; onClose: () => void }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const complain = useComplaint();
  const [note, setNote] = useState("");
  const [at, setAt] = useState("");
  // What was looked at is published, and nothing else.
  const [etag] = useState(workflow.etag);
  const act = useMutation({
    mutationFn: async () => {
      const { path } = ofCourse(draft.id).params;
      const seen = { path, header: { "If-Match": etag } };
      const said = { note: note.trim() };
      if (step === "publish") {
        const done = await body(api.POST("/api/v1/authoring/courses/{course_id}/publish", { params: seen, body: said }));
        say(t("author.published_as", { number: done.number }));
      } else if (step === "submit") await api.POST("/api/v1/authoring/courses/{course_id}/submit", { params: { path }, body: said });
      else if (step === "approve") await api.POST("/api/v1/authoring/courses/{course_id}/approve", { params: seen, body: said });
      else if (step === "return") await api.POST("/api/v1/authoring/courses/{course_id}/return", { params: { path }, body: said });
      else if (step === "schedule") await api.POST("/api/v1/authoring/courses/{course_id}/schedule", { params: seen, body: { ...said, at: new Date(at).toISOString() } });
      else await api.POST("/api/v1/authoring/courses/{course_id}/unschedule", { params: { path }, body: said });
    },
    onSuccess: onClose,
    onError: (error) => {
      if (about("at", error, t)) return;
      if (!isStale(error)) return complain(error);
      say(t("author.stale"));
      onClose();
    },
    onSettled: refresh,
  });
  return (
    <Dialog title={t(`author.step.${step}`)} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); act.mutate(); }}>
        <Stack>
          <p>{t(`author.step_detail.${step}`)}</p>
          {step === "schedule" && <Field label={t("author.when")} type="datetime-local" isRequired value={at} error={about("at", act.error, t)} onChange={setAt} />}
          <Field label={t(step === "return" ? "author.to_do" : "author.note")} lines={2} isRequired={step === "return"} maxLength={2000} value={note} onChange={setNote} />
          <Row><Button type="submit" look="primary" isDisabled={act.isPending}>{t(`author.step.${step}`)}</Button><Button look="quiet" onPress={onClose}>{t("author.cancel")}</Button></Row>
        </Stack>
      </form>
    </Dialog>
  );
}
