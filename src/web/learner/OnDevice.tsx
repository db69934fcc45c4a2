// What this device has for lessons without a network, what waits to be sent, and what came of what was sent.

import { CloudOff, CloudUpload } from "lucide-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { told } from "../app/problems";
import { Button, Card, Notice, Row } from "../app/ui";
import { useOnline } from "../app/shell/online";
import css from "./learn.module.css";
import { onDevice } from "./offline/bundle";
import type { Report } from "./offline/sync";
import { useWaiting } from "./offline/waiting";

/** Lessons that were taken along: shown where nothing else can be begun. */
export function OnDevice() {
  const { t } = useTranslation();
  const online = useOnline();
  const navigate = useNavigate();
  const { count, isSending, report } = useWaiting();
  const lessons = useQuery({ queryKey: ["learning", "on-device", online, count], queryFn: onDevice, enabled: !online, staleTime: 0 });
  return (
    <div className={css.device} aria-live="polite">
      {!online && (
        <Card>
          <Row><CloudOff aria-hidden size={22} /><h2>{t("offline.title")}</h2></Row>
          {lessons.data?.length ? (
            <ul className={css.rows}>
              {lessons.data.map((lesson) => (
                <li key={lesson.id} className={css.rowLine}>
                  <span>{lesson.title || t(`practice.${lesson.session.kind}`)}</span>
                  <Button small onPress={() => void navigate(`/lesson/${lesson.id}`)} aria-label={`${t(lesson.begunAt ? "history.resume" : "learn.start")}: ${lesson.title}`}>{t(lesson.begunAt ? "history.resume" : "learn.start")}</Button>
                </li>
              ))}
            </ul>
          ) : (
            <p>{t("offline.none")}</p>
          )}
        </Card>
      )}
      {count > 0 && <p className={css.sending}><CloudUpload aria-hidden size={18} />{t(isSending ? "offline.sending" : "offline.waiting", { count })}</p>}
      {report && <Told report={report} />}
    </div>
  );
}

/** What was given twice is no news to anybody. */
const SILENT = new Set(["learning.already_answered"]);

function Told({ report }: { report: Report }) {
  const { t } = useTranslation();
  const answers = report.sessions.flatMap((session) => session.answers);
  const right = answers.filter((answer) => answer.grade?.correct).length;
  const xp = report.sessions.reduce((sum, session) => sum + (session.result?.xp_earned ?? 0), 0);
  const finished = report.sessions.filter((session) => session.result).length;
  const problems = [...report.sessions.map((session) => session.problem), ...answers.map((answer) => answer.problem)].filter((problem) => problem !== null).filter(({ code }) => !SILENT.has(code));
  const graded = answers.filter((answer) => answer.grade).length;
  return (
    <Notice tone={problems.length ? "warn" : "good"}>
      <Row between>
        <div>
          <strong>{t("offline.sent")}</strong>{" "}
          {graded > 0 && t("offline.graded", { count: graded, right })}{" "}
          {finished > 0 && t("offline.finished", { count: finished, xp })}
          {problems.length > 0 && <ul>{problems.map((problem, place) => <li key={place}>{told(problem, t)}</li>)}</ul>}
        </div>
        <Button small onPress={() => useWaiting.setState({ report: null })}>{t("offline.seen")}</Button>
      </Row>
    </Notice>
  );
}
