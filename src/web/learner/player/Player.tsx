// The lesson player: one exercise at a time, told at once what became of the answer.
// Invariant: an answer keeps its key until the server has taken it, so that however often it is sent it counts once.

import { useMutation, useQuery } from "@tanstack/react-query";
import { Heart, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useNavigate, useParams } from "react-router";
import { api, body, onceKey, type Schemas } from "../../app/api";
import { Answer, Bar, Button, Dialog, Notice, Row } from "../../app/ui";
import { say, useComplaint } from "../../app/ui/toasts";
import { useCourse } from "../current";
import { viewOf } from "./kinds";
import css from "./player.module.css";
import { after, current, type Exercise, type Grade, isRepeat, type Queue, queueOf, type Session, share } from "./queue";
import { Result } from "./Result";
import { Verdict } from "./Verdict";

const COMES_BACK = new Set<Session["kind"]>(["lesson", "practice", "mistakes", "review"]);

export function Player() {
  const { sessionId = "" } = useParams();
  const begun = (useLocation().state as { session?: Session } | null)?.session;
  const session = useQuery({
    queryKey: ["get", "/api/v1/sessions/{session_id}", sessionId],
    queryFn: () => body(api.GET("/api/v1/sessions/{session_id}", { params: { path: { session_id: sessionId } } })),
    ...(begun?.id === sessionId ? { initialData: begun } : {}),
    staleTime: Infinity,
    gcTime: 0,
  });
  return <Answer of={session}>{(found) => <Lesson key={found.id} session={found} />}</Answer>;
}

function Lesson({ session }: { session: Session }) {
  const [queue, setQueue] = useState<Queue>(() => queueOf(session));
  const [hearts, setHearts] = useState(session.hearts);
  const [result, setResult] = useState<Schemas["SessionResultOut"] | null>(null);
  const [turn, setTurn] = useState(0);
  const complain = useComplaint();
  const course = useCourse(session.course_id);
  const exercise = current(queue);
  const complete = useMutation({
    mutationFn: () => body(api.POST("/api/v1/sessions/{session_id}/complete", { params: { path: { session_id: session.id } } })),
    onSuccess: setResult,
    onError: complain,
    retry: 2,
  });
  const finish = complete.mutate;
  const isOver = !exercise && !result;
  useEffect(() => {
    if (isOver) finish();
  }, [isOver, finish]);
  if (result) return <Result session={session} result={result} />;
  return (
    <div className={css.player}>
      <Head session={session} queue={queue} hearts={hearts} />
      {exercise ? (
        <Turn
          key={`${exercise.id} ${turn}`} session={session} exercise={exercise} repeat={isRepeat(queue)} characters={course.data?.special_characters ?? []}
          onGrade={(grade) => setHearts(grade.hearts)}
          onNext={(grade) => {
            setQueue((before) => after(before, exercise, grade, COMES_BACK.has(session.kind)));
            setTurn((before) => before + 1);
          }}
        />
      ) : (
        <Answer of={{ data: undefined, error: complete.error, isPending: complete.isPending, refetch: () => complete.mutate() }}>{() => null}</Answer>
      )}
    </div>
  );
}

function Head({ session, queue, hearts }: { session: Session; queue: Queue; hearts: number }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [asks, setAsks] = useState(false);
  return (
    <header className={css.head}>
      <Button look="quiet" aria-label={t("player.leave")} onPress={() => setAsks(true)}><X aria-hidden /></Button>
      <Bar share={share(queue)} label={t("player.progress", { answered: queue.answered, total: queue.total })} />
      {!session.unlimited_hearts && (
        <span className={css.hearts} role="img" aria-label={t("learn.hearts", { count: hearts })}><Heart aria-hidden size={22} color="var(--bad)" />{hearts}</span>
      )}
      <Dialog title={t("player.leave_title")} isOpen={asks} onClose={() => setAsks(false)}>
        <p>{t("player.leave_detail")}</p>
        <Row>
          <Button look="primary" autoFocus onPress={() => setAsks(false)}>{t("player.stay")}</Button>
          <Button onPress={() => void navigate("/learn")}>{t("player.leave")}</Button>
        </Row>
      </Dialog>
    </header>
  );
}

interface TurnProps {
  session: Session;
  exercise: Exercise;
  repeat: boolean;
  characters: readonly string[];
  onGrade: (grade: Grade) => void;
  onNext: (grade: Grade) => void;
}

function Turn({ session, exercise, repeat, characters, onGrade, onNext }: TurnProps) {
  const { t } = useTranslation();
  const complain = useComplaint();
  const [answer, setAnswer] = useState<unknown>(null);
  const [grade, setGrade] = useState<Grade | null>(null);
  const key = useRef(onceKey());
  const shown = useRef(performance.now());
  const main = useRef<HTMLElement>(null);
  const view = viewOf(exercise.kind);
  const submit = useMutation({
    mutationFn: (given: unknown) =>
      body(
        api.POST("/api/v1/sessions/{session_id}/answers", {
          params: { path: { session_id: session.id }, header: { "Idempotency-Key": key.current } },
          body: { exercise_id: exercise.id, answer: given, elapsed_ms: Math.round(performance.now() - shown.current) },
        }),
      ),
    onSuccess: (given) => {
      setGrade(given);
      onGrade(given);
    },
    onError: complain,
  });
  const check = () => {
    if (answer !== null && !grade && !submit.isPending) submit.mutate(answer);
  };
  const go = () => (grade ? onNext(grade) : check());
  useEffect(() => {
    main.current?.focus();
  }, []);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.key !== "Enter" || event.defaultPrevented || target.closest("button, a, [role=dialog]")) return;
      event.preventDefault();
      go();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  });
  return (
    <>
      <main ref={main} className={css.body} tabIndex={-1}>
        <h1 className={css.task} style={{ fontSize: "1rem" }}>{repeat ? t("player.once_more") : t(view?.task ?? "player.task.unknown")}</h1>
        {view ? <view.View prompt={exercise.prompt} onChange={setAnswer} onSubmit={go} isLocked={grade !== null || submit.isPending} characters={characters} /> : <Notice tone="warn">{t("player.too_old")}</Notice>}
      </main>
      <footer className={css.foot} data-tone={grade ? (grade.correct ? "good" : "bad") : undefined}>
        {grade && <Verdict grade={grade} language={answerLanguage(exercise)} />}
        <Row between>
          {grade && !grade.correct ? <Objection session={session} exercise={exercise} /> : <span />}
          <Button look="primary" isDisabled={grade ? false : answer === null || submit.isPending} autoFocus={grade !== null} key={grade ? "next" : "check"} onPress={go}>
            {t(grade ? "player.next" : "player.check")}
          </Button>
        </Row>
      </footer>
    </>
  );
}

function answerLanguage(exercise: Exercise): string {
  const prompt = exercise.prompt as { answer_language?: string; option_language?: string; language?: string };
  return prompt.answer_language ?? prompt.option_language ?? prompt.language ?? "";
}

/** "My answer should be accepted": goes to whoever writes the course. */
function Objection({ session, exercise }: { session: Session; exercise: Exercise }) {
  const { t } = useTranslation();
  const complain = useComplaint();
  const report = useMutation({
    mutationFn: () => api.POST("/api/v1/sessions/{session_id}/reports", { params: { path: { session_id: session.id } }, body: { exercise_id: exercise.id, reason: "accept" } }),
    onSuccess: () => say(t("player.objection_sent")),
    onError: complain,
  });
  return <Button look="quiet" small isDisabled={report.isPending || report.isSuccess} onPress={() => report.mutate()}>{t(report.isSuccess ? "player.objection_done" : "player.objection")}</Button>;
}
