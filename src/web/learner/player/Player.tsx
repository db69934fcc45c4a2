// The lesson player: one exercise at a time, told at once what became of the answer.

import { useQuery } from "@tanstack/react-query";
import { CloudOff, Heart, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { useFrame } from "../../app/live";
import { useMutation } from "../../app/mutation";
import { Answer, Bar, Button, Dialog, Empty, Row } from "../../app/ui";
import { useComplaint } from "../../app/ui/toasts";
import { begunHere } from "../beginning";
import { useCourse } from "../current";
import { finish, held, opened, type Result as Brought } from "../offline/giving";
import { useReturning, useWaiting } from "../offline/waiting";
import { type Awarded, useStanding } from "./before";
import { useKeys } from "./keys";
import { viewOf } from "./kinds";
import css from "./player.module.css";
import { after, current, isRepeat, putOff, type Queue, queueOf, type Session, share } from "./queue";
import { Result } from "./Result";
import { Turn } from "./Turn";

export function Player() {
  const { sessionId = "" } = useParams();
  const [begun] = useState(() => begunHere.peek(sessionId));
  const known = begun?.id === sessionId ? begun : undefined;
  useReturning();
  useEffect(() => {
    begunHere.forget(sessionId);
    if (known) void held(known);
  }, [known, sessionId]);
  const session = useQuery({
    queryKey: ["learning", "session", sessionId],
    queryFn: () => opened(sessionId),
    ...(known ? { initialData: known } : {}),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnReconnect: false,
    refetchOnWindowFocus: false,
  });
  return <Answer of={session}>{(found) => <Lesson key={found.id} session={found} />}</Answer>;
}

function Lesson({ session }: { session: Session }) {
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
  useFrame("goal.reached", () => setAwarded((one) => ({ ...one, goal: true })));
  useFrame("achievement.awarded", ({ achievement, level }) => setAwarded((one) => ({ ...one, achievements: [...one.achievements, { key: achievement, level }] })));
  const complete = useMutation({ mutationFn: () => finish(session), onSuccess: (brought) => setResult(brought ?? "later"), onError: complain });
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
          <Button onPress={() => void navigate(session.kind === "lesson" ? `/learn/${session.course_id}` : "/practice")}>{t("player.leave")}</Button>
        </Row>
      </Dialog>
    </header>
  );
}
