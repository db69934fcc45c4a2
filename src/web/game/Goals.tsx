// The goal of a day, and how the last days went.

import { parseDate } from "@internationalized/date";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useFrame } from "../app/live";
import { useMutation } from "../app/mutation";
import { Answer, Card, Stack } from "../app/ui";
import { Segments } from "../app/ui/choice";
import { say, useComplaint } from "../app/ui/toasts";
import css from "./game.module.css";

const GOALS = [10, 20, 30, 50, 100];

export function Goals() {
  const { t } = useTranslation();
  const goals = queries.useQuery("get", "/api/v1/goals");
  useFrame("lesson.completed", () => void goals.refetch());
  useFrame("goal.reached", () => void goals.refetch());
  return (
    <Card>
      <Stack>
        <h2>{t("game.goals.title")}</h2>
        <Answer of={goals}>{(found) => <><Choose goal={found.goal_xp} /><Days goals={found} /></>}</Answer>
      </Stack>
    </Card>
  );
}

function Choose({ goal }: { goal: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const queryClient = useQueryClient();
  const complain = useComplaint();
  const key = queries.queryOptions("get", "/api/v1/goals").queryKey;
  const set = useMutation({
    mutationFn: (daily_goal_xp: number) => api.PATCH("/api/v1/profile/preferences", { body: { daily_goal_xp } }),
    onMutate: (goal_xp) => {
      const before = queryClient.getQueryData<Schemas["GoalsOut"]>(key);
      if (before) queryClient.setQueryData(key, { ...before, goal_xp });
      return before;
    },
    onError: (error, _goal, before) => {
      queryClient.setQueryData(key, before);
      complain(error);
    },
    onSuccess: (_answer, chosen) => say(t("game.goals.set", { xp: format.number(chosen) })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/goals"] }),
  });
  const options = [...new Set([...GOALS, goal])].sort((one, other) => one - other);
  return (
    <Segments
      label={t("game.goals.choose")}
      options={options.map((xp) => ({ value: String(xp), name: format.number(xp) }))}
      value={String(goal)}
      onChange={(chosen) => set.mutate(Number(chosen))}
      shown
    />
  );
}

/** The last seven days, with those that brought nothing. */
function Days({ goals: { days, goal_xp: goal, today } }: { goals: Schemas["GoalsOut"] }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const shown = Array.from({ length: 7 }, (_, back) => parseDate(today).subtract({ days: 6 - back }).toString()).map((on) => days.find((day) => day.on === on) ?? { on, xp: 0, goal_xp: null, reached_at: null });
  const most = Math.max(goal, ...shown.map((day) => day.xp));
  return (
    <ol className={css.bars} aria-label={t("game.goals.week")}>
      {shown.map((day) => {
        const moment = new Date(`${day.on}T12:00:00`);
        const text = t(day.reached_at ? "game.goals.day_reached" : "game.goals.day", { date: format.date(moment), xp: format.number(day.xp) });
        return (
          <li key={day.on} className={css.barDay} title={text}>
            <span className={css.barHold} aria-hidden><span className={css.barFill} data-reached={Boolean(day.reached_at)} style={{ blockSize: `${(day.xp / most) * 100}%` }} /></span>
            <span aria-hidden>{new Intl.DateTimeFormat(i18n.language, { weekday: "narrow" }).format(moment)}</span>
            <span className="visually-hidden">{text}</span>
          </li>
        );
      })}
    </ol>
  );
}
