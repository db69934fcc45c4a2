// The lesson player: one exercise at a time, told at once what became of the answer.

import { useQuery } from "@tanstack/react-query";
import { CloudOff, Heart, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { Refusal } from "../../app/api";
import { useFrame } from "../../app/live";
import { useMutation } from "../../app/mutation";
import { Answer, Bar, Button, ButtonLink, Dialog, Empty, Row } from "../../app/ui";
import { useComplaint } from "../../app/ui/toasts";
import { begunHere } from "../beginning";
import { useCourse } from "../current";
import { finish, held, opened, type Result as Brought } from "../offline/giving";
import { useReturning, useWaiting } from "../offline/waiting";
import { type Awarded, useStanding } from "./before";
import { useKeys } from "./keys";
import { viewOf } from "./kinds";
import css from "./player.module.css";
import { after, current, isRepeat, placeAfter, putOff, type Queue, queueOf, type Session, share } from "./queue";
import { Result } from "./Result";
import { Turn } from "./Turn";

export function Player() {
  const { sessionId = "" } = useParams();
  return <Opened key={sessionId} id={sessionId} />;
}

function Opened({ id }: { id: string }) {
  const [known] = useState(() => begunHere.peek(id));
  // What is on the screen changes under nobody's hands, whatever is asked for anew, but where it is out of date.
  const [shown, setShown] = useState<{ session: Session; version: number } | null>(known ? { session: known, version: 0 } : null);
  useReturning();
  useEffect(() => {
    begunHere.forget(id);
    if (known) void held(known);
  }, [known, id]);
  const session = useQuery({
    queryKey: ["learning", "session", id],
    queryFn: () => opened(id),
    enabled: shown === null,
    staleTime: Infinity,
    gcTime: 0,
    refetchOnReconnect: false,
    refetchOnWindowFocus: false,
  });
  if (!shown && session.data) setShown({ session: session.data, version: 0 });
  const anew = async () => {
    const { data } = await session.refetch();
    if (data) setShown((before) => ({ session: data, version: (before?.version ?? 0) + 1 }));
  };
  if (session.error instanceof Refusal && session.error.status === 404) return <Over on="/learn" />;
  if (!shown) return <Answer of={session}>{() => null}</Answer>;
  if (shown.session.abandoned) return <Over on={placeAfter(shown.session)} />;
  return <Lesson key={shown.version} session={shown.session} onMoved={() => void anew()} />;
}

/** It was given up, here or on another device, or is not theirs. */
function Over({ on }: { on: string }) {
  const { t } = useTranslation();
  return <main className={css.result}><Empty title={t("player.over")}><ButtonLink look="primary" href={on}>{t("player.over_on")}</ButtonLink></Empty></main>;
}

/** Elsewhere somebody went on with it: what is here is out of date. */
const MOVED = new Set(["learning.already_answered", "learning.another_exercise_first", "learning.exercise_not_found", "learning.session_closed", "learning.session_incomplete"]);

function Lesson({ session, onMoved }: { session: Session; onMoved: () => void }) {
  const { t } = useTranslation();
  const complain = useComplaint();
  const [queue, setQueue] = useState<Queue>(() => queueOf(session));
  const [hearts, setHearts] = useState(session.hearts);
  const [result, setResult] = useState<Brought | "later" | null>(null);
  const [turn, setTurn] = useState(0);
  const [awarded, setAwarded] = useState<Awarded>({ goal: false, achievements: [] });
  const before = useStanding(session.id, "before");
  const course = useCourse(session.course_id);
  const exercise = current(queue);
  const failed = (error: unknown) => {
    complain(error);
    if (error instanceof Refusal && MOVED.has(error.code)) onMoved();
  };
  useFrame("goal.reached", () => setAwarded((one) => ({ ...one, goal: true })));
  useFrame("achievement.awarded", ({ achievement, level }) => setAwarded((one) => ({ ...one, achievements: [...one.achievements, { key: achievement, level }] })));
  const complete = useMutation({ mutationFn: () => finish(session), onSuccess: (brought) => setResult(brought ?? "later"), onError: (error) => failed(error) });
  const end = complete.mutate;
  const isOver = !exercise && !result;
  useEffect(() => {
    if (isOver) end();
  }, [isOver, end]);
  if (result) return <Result session={session} result={result} before={before.data} awarded={awarded} />;
  const next = (change: (queue: Queue) => Queue) => {
    setQueue(change);
    setTurn((one) => one + 1);
  };
  const isStuck = queue.waiting.length > 0 && queue.waiting.every((one) => !viewOf(one.kind));
  return (
    <div className={css.player}>
      <Head session={session} queue={queue} hearts={hearts} />
      {isStuck ? (
        <main><Empty title={t("player.too_old_end")}><p>{t("player.too_old")}</p><Button look="primary" onPress={() => location.reload()}>{t("player.reload")}</Button></Empty></main>
      ) : exercise ? (
        <Turn
          key={`${exercise.id} ${turn}`} session={session} exercise={exercise} isRepeat={isRepeat(queue)} course={course.data} hearts={hearts}
          onFailed={failed}
          onTold={(told) => !told.later && setHearts(told.hearts)}
          onNext={(told) => next((one) => after(one, exercise, told, session.kind))}
          onSkip={() => next(putOff)}
        />
      ) : (
        <main className={css.body}><Answer of={{ data: undefined, error: complete.error, isPending: complete.isPending, refetch: () => complete.mutate() }}>{() => null}</Answer></main>
      )}
    </div>
  );
}

function Head({ session, queue, hearts }: { session: Session; queue: Queue; hearts: number }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [asks, setAsks] = useState(false);
  const waiting = useWaiting((one) => one.count);
  useKeys((event) => event.key === "Escape" && setAsks(true));
  return (
    <header className={css.head}>
      <Button look="quiet" aria-label={t("player.leave")} onPress={() => setAsks(true)}><X aria-hidden /></Button>
      <Bar share={share(queue)} label={t("player.progress", { answered: queue.answered, total: queue.total })} />
      {waiting > 0 && <span className={css.hearts} role="img" aria-label={t("offline.waiting", { count: waiting })}><CloudOff aria-hidden size={20} color="var(--warn)" />{waiting}</span>}
      {!session.unlimited_hearts && (
        <span className={css.hearts} role="img" aria-label={t("learn.hearts", { count: hearts })}><Heart aria-hidden size={22} color="var(--bad)" />{hearts}</span>
      )}
      <Dialog title={t("player.leave_title")} isOpen={asks} onClose={() => setAsks(false)}>
        <p>{t("player.leave_detail")}</p>
        <Row>
          <Button look="primary" autoFocus onPress={() => setAsks(false)}>{t("player.stay")}</Button>
          <Button onPress={() => void navigate(placeAfter(session))}>{t("player.leave")}</Button>
        </Row>
      </Dialog>
    </header>
  );
}
