// What a session brought, with everything that is worth a little joy.

import { useQueryClient } from "@tanstack/react-query";
import { Award, CloudUpload, Flame, PartyPopper, Swords, Target, Trophy, Zap } from "lucide-react";
import { type CSSProperties, type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { queries } from "../../app/api";
import { useFormat } from "../../app/format";
import { Bar, Button, ButtonLink, Notice } from "../../app/ui";
import type { Result as Brought } from "../offline/giving";
import { changed } from "../offline/waiting";
import { type Awarded, moved, type Standing, useStanding } from "./before";
import { useEnter } from "./keys";
import css from "./player.module.css";
import { placeAfter, type Session } from "./queue";

/** More would hide the way on. */
const MOST_QUESTS = 3;

interface Props {
  session: Session;
  /** "later": it is finished on this device, and the server hears of it when it can. */
  result: Brought | "later";
  before: Standing | undefined;
  awarded: Awarded;
}

export function Result({ session, result, before, awarded }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    title.current?.focus();
    changed(client);
  }, [client]);
  const leave = () => void navigate(placeAfter(session));
  useEnter(leave);
  return (
    <main className={css.result}>
      {result === "later" ? (
        <>
          <CloudUpload aria-hidden size={64} color="var(--brand)" className={css.burst} />
          <h1 ref={title} tabIndex={-1}>{t("result.later")}</h1>
          <p>{t("result.later_detail")}</p>
        </>
      ) : (
        <>
          <Confetti />
          <PartyPopper aria-hidden size={64} color="var(--gold)" className={css.burst} />
          <h1 ref={title} tabIndex={-1}>{t(result.lesson_completed ? "result.lesson" : "result.session")}</h1>
          <Scores session={session} result={result} before={before} />
          <Joys session={session} before={before} awarded={awarded} />
          {result.boost !== undefined && result.boost > 1 && <Notice tone="good">{t("result.boost", { times: result.boost })}</Notice>}
          {Boolean(result.lessons_skipped) && <Notice tone="good">{t("result.skipped", { count: result.lessons_skipped })}</Notice>}
        </>
      )}
      <div className={css.after}>
        <Button look="primary" wide onPress={leave}>{t("result.on")}</Button>
        {session.kind === "lesson" && result !== "later" && <ButtonLink look="quiet" wide href="/practice">{t("result.practise")}</ButtonLink>}
      </div>
    </main>
  );
}

function Scores({ session, result, before }: { session: Session; result: Brought; before: Standing | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const climbed = before?.rank && result.league ? before.rank - result.league.rank : 0;
  return (
    <div className={css.scores} key={session.id}>
      <Score icon={<Zap aria-hidden color="var(--gold)" />} name={t("result.xp")} value={`+${format.number(result.xp_earned)}`} place={0} />
      {result.streak > 0 && <Score icon={<Flame aria-hidden color="var(--gold)" />} name={t("result.streak", { count: result.streak })} value={format.number(result.streak)} place={1} />}
      {result.league && (
        <Score icon={<Trophy aria-hidden color="var(--gold)" />} name={climbed > 0 ? t("result.climbed", { count: climbed }) : t("result.league")} value={`#${format.number(result.league.rank)}`} place={2} />
      )}
    </div>
  );
}

/** Quests, the goal of the day, achievements: whatever moved. */
function Joys({ session, before, awarded }: { session: Session; before: Standing | undefined; awarded: Awarded }) {
  const { t } = useTranslation();
  const now = useStanding(session.id, "after");
  const achievements = queries.useQuery("get", "/api/v1/achievements", {}, { enabled: awarded.achievements.length > 0 });
  const quests = before && now.data ? moved(before, now.data).slice(0, MOST_QUESTS) : [];
  if (!quests.length && !awarded.goal && !awarded.achievements.length) return null;
  return (
    <ul className={css.joys} aria-live="polite">
      {awarded.goal && <Joy icon={<Target aria-hidden color="var(--brand)" />}><strong>{t("result.goal")}</strong></Joy>}
      {awarded.achievements.map(({ key, level }) => (
        <Joy key={`${key} ${level}`} icon={<Award aria-hidden color="var(--gold)" />}><strong>{t("result.achievement", { title: achievements.data?.items.find((one) => one.id === key)?.title ?? "" })}</strong></Joy>
      ))}
      {quests.map(({ quest, isDone }) => (
        <Joy key={quest.key} icon={<Swords aria-hidden color={isDone ? "var(--gold)" : "var(--ink-soft)"} />}>
          <strong>{quest.name}</strong>
          {isDone ? <ButtonLink small href="/quests">{t("result.claim", { count: quest.gems })}</ButtonLink> : <Bar share={quest.progress / quest.target} label={t("result.quest", { done: quest.progress, total: quest.target })} />}
        </Joy>
      ))}
    </ul>
  );
}

function Joy({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return <li className={css.joy}>{icon}<div>{children}</div></li>;
}

function Score({ icon, name, value, place }: { icon: ReactNode; name: string; value: string; place: number }) {
  return <div className={`${css.score} ${css.burst}`} style={{ animationDelay: `${120 + place * 120}ms` }}>{icon}<b>{value}</b>{name}</div>;
}

const PIECES = Array.from({ length: 28 }, (_, piece) => piece);
const COLOURS = ["var(--brand)", "var(--gold)", "var(--good)", "var(--bad)", "var(--focus)"];

/** For the eye alone; where motion is not wanted there is none of it. */
function Confetti() {
  return (
    <div className={css.confetti} aria-hidden>
      {PIECES.map((piece) => (
        <i key={piece} style={{ "--x": `${(piece * 37) % 100}%`, "--turn": `${(piece * 53) % 360}deg`, "--late": `${(piece * 71) % 600}ms`, background: COLOURS[piece % COLOURS.length] } as CSSProperties} />
      ))}
    </div>
  );
}
