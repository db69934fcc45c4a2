// What a session brought.

import { useQueryClient } from "@tanstack/react-query";
import { Flame, PartyPopper, Trophy, Zap } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import type { Schemas } from "../../app/api";
import { useFormat } from "../../app/format";
import { Button, Notice } from "../../app/ui";
import css from "./player.module.css";
import type { Session } from "./queue";

const CHANGED = ["/api/v1/progress", "/api/v1/courses", "/api/v1/streak", "/api/v1/hearts", "/api/v1/goals", "/api/v1/quests", "/api/v1/leaderboards", "/api/v1/gems", "/api/v1/achievements"];

export function Result({ session, result }: { session: Session; result: Schemas["SessionResultOut"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    title.current?.focus();
    for (const path of CHANGED) void queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith(path) });
  }, [queries]);
  return (
    <main className={css.result}>
      <PartyPopper aria-hidden size={64} color="var(--gold)" className={css.burst} />
      <h1 ref={title} tabIndex={-1}>{t(result.lesson_completed ? "result.lesson" : "result.session")}</h1>
      <div className={css.scores}>
        <Score icon={<Zap aria-hidden color="var(--gold)" />} name={t("result.xp")} value={`+${format.number(result.xp_earned)}`} />
        {result.streak > 0 && <Score icon={<Flame aria-hidden color="var(--gold)" />} name={t("result.streak", { count: result.streak })} value={format.number(result.streak)} />}
        {result.league && <Score icon={<Trophy aria-hidden color="var(--gold)" />} name={t("result.league")} value={`#${format.number(result.league.rank)}`} />}
      </div>
      {result.boost !== undefined && result.boost > 1 && <Notice tone="good">{t("result.boost", { times: result.boost })}</Notice>}
      {Boolean(result.lessons_skipped) && <Notice tone="good">{t("result.skipped", { count: result.lessons_skipped })}</Notice>}
      <Button look="primary" autoFocus onPress={() => void navigate(`/learn/${session.course_id}`)}>{t("result.on")}</Button>
    </main>
  );
}

function Score({ icon, name, value }: { icon: React.ReactNode; name: string; value: string }) {
  return <div className={`${css.score} ${css.burst}`}>{icon}<b>{value}</b>{name}</div>;
}
