// What a week brought: this one so far, or one that is over.

import { parseDate } from "@internationalized/date";
import { ChevronLeft, ChevronRight, Flag, Flame, GraduationCap, Zap } from "lucide-react";
import type { ComponentType, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useFrame } from "../app/live";
import { Answer, Button, ButtonLink, Card, Chip, Empty, Stack } from "../app/ui";
import { AchievementIcon } from "./Achievements";
import css from "./game.module.css";

type Week = Schemas["RecapOut"];

export function Recap() {
  const { t } = useTranslation();
  const [parameters] = useSearchParams();
  const on = parameters.get("on");
  const recap = queries.useQuery("get", "/api/v1/progress/recap", { params: { query: on ? { on } : {} } }, { placeholderData: (before) => before });
  useFrame("lesson.completed", () => void recap.refetch());
  return (
    <Stack>
      <h1>{t("game.recap.title")}</h1>
      <Answer of={recap} lines={5}>{(week) => <Shown week={week} />}</Answer>
    </Stack>
  );
}

function Shown({ week }: { week: Week }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [, setParameters] = useSearchParams();
  const goals = queries.useQuery("get", "/api/v1/goals");
  const go = (weeks: number) => setParameters({ on: parseDate(week.first_on).add({ weeks }).toString() }, { replace: true });
  const isOver = goals.data !== undefined && week.last_on < goals.data.today;
  return (
    <Card>
      <Stack>
        <div className={css.turning}>
          <Button look="quiet" small aria-label={t("game.recap.before")} onPress={() => go(-1)}><ChevronLeft aria-hidden size={20} className={css.turns} /></Button>
          <h2 aria-live="polite">{format.date(`${week.first_on}T12:00:00`)} – {format.date(`${week.last_on}T12:00:00`)}</h2>
          <Button look="quiet" small aria-label={t("game.recap.after")} isDisabled={!isOver} onPress={() => go(1)}><ChevronRight aria-hidden size={20} className={css.turns} /></Button>
        </div>
        {week.xp === 0 && week.lessons === 0 ? (
          <Empty title={t(isOver ? "game.recap.nothing" : "game.recap.nothing_yet")}>
            {!isOver && <ButtonLink look="primary" href="/learn">{t("game.learn")}</ButtonLink>}
          </Empty>
        ) : <Brought week={week} />}
      </Stack>
    </Card>
  );
}

function Brought({ week: { xp, xp_before: before, lessons, days_active: active, goal_days: goals, streak_days: streak, achieved } }: { week: Week }) {
  const { t } = useTranslation();
  const format = useFormat();
  const share = t("game.recap.of_days", { count: active, shown: format.number(active) });
  return (
    <>
      <div className={css.figures}>
        <Figure icon={Zap} tone="brand" number={format.number(xp)} name={t("game.recap.xp")}>
          {before > 0 && <Chip tone={xp >= before ? "good" : "neutral"}>{t("game.recap.than_before", { xp: format.signed(xp - before) })}</Chip>}
        </Figure>
        <Figure icon={GraduationCap} tone="brand" number={format.number(lessons)} name={t("game.recap.lessons", { count: lessons })}><span className={css.soft}>{share}</span></Figure>
        <Figure icon={Flag} number={format.number(goals)} name={t("game.recap.goals", { count: goals })} />
        {streak !== null && <Figure icon={Flame} number={format.number(streak)} name={t("game.streak.in_a_row", { count: streak })} />}
      </div>
      {achieved.length > 0 && (
        <section>
          <Stack>
            <h3>{t("game.recap.achieved")}</h3>
            <ul className={css.grid}>
              {achieved.map((one) => (
                <li key={one.id} className={css.tile}>
                  <span className={css.icon}><AchievementIcon name={one.icon} /></span>
                  <div className={css.tileText}><strong>{one.title}</strong><p>{one.text}</p></div>
                </li>
              ))}
            </ul>
          </Stack>
        </section>
      )}
    </>
  );
}

function Figure({ icon: Icon, tone, number, name, children }: { icon: ComponentType<{ size?: number; "aria-hidden"?: boolean }>; tone?: "brand"; number: string; name: string; children?: ReactNode }) {
  return (
    <div className={css.figure}>
      <span className={css.icon} data-tone={tone}><Icon aria-hidden size={24} /></span>
      <p><span className={css.bigNumber}>{number}</span> {name}</p>
      {children}
    </div>
  );
}
