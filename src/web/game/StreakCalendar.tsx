// A month of days, each with what became of it.

import { type CalendarDate, getDayOfWeek, getWeeksInMonth, parseDate, startOfMonth, startOfWeek } from "@internationalized/date";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { Button, Card, Failed, Stack } from "../app/ui";
import css from "./game.module.css";

type Day = Schemas["CalendarDayOut"];
const STATES: Day["state"][] = ["practised", "frozen", "paused", "travelled", "repaired"];
const MARKS: Record<Day["state"], string> = { practised: "●", frozen: "❄", paused: "‖", travelled: "✈", repaired: "✚" };

export function StreakCalendar({ today }: { today: string }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const last = startOfMonth(parseDate(today));
  const [first, setFirst] = useState(last);
  const month = first.toString().slice(0, 7);
  const calendar = queries.useQuery("get", "/api/v1/streak/calendar", { params: { query: { month } } });
  const days = new Map(calendar.data?.days.map((day) => [day.on, day]));
  const monday = startOfWeek(first, i18n.language, i18n.language === "en" ? "mon" : undefined);
  const week = Array.from({ length: 7 }, (_, place) => monday.add({ days: place }));
  const weeks = getWeeksInMonth(first, i18n.language, i18n.language === "en" ? "mon" : undefined);
  const seen = STATES.filter((state) => calendar.data?.days.some((day) => day.state === state));
  const title = format.month(`${month}-15T12:00:00`);
  return (
    <Card>
      <Stack>
        <div className={css.turning}>
          <Button look="quiet" small aria-label={t("game.streak.month_before")} onPress={() => setFirst(first.subtract({ months: 1 }))}><ChevronLeft aria-hidden size={20} className={css.turns} /></Button>
          <h2 aria-live="polite">{title}</h2>
          <Button look="quiet" small aria-label={t("game.streak.month_after")} isDisabled={first.compare(last) >= 0} onPress={() => setFirst(first.add({ months: 1 }))}><ChevronRight aria-hidden size={20} className={css.turns} /></Button>
        </div>
        {calendar.error ? <Failed error={calendar.error} retry={() => void calendar.refetch()} /> : (
          <table className={css.calendar} aria-label={title} aria-busy={calendar.isPending}>
            <thead>
              <tr>{week.map((day) => <th key={day.toString()} scope="col" abbr={named(day, "long")}>{named(day, "narrow")}</th>)}</tr>
            </thead>
            <tbody>
              {Array.from({ length: weeks }, (_, row) => (
                <tr key={row}>
                  {week.map((column) => {
                    const day = column.add({ weeks: row });
                    if (day.month !== first.month) return <td key={day.toString()} />;
                    return <td key={day.toString()}><Cell day={day} found={days.get(day.toString())} today={today} /></td>;
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {seen.length > 0 && <div className={css.legend} aria-hidden>{seen.map((state) => <span key={state}>{MARKS[state]} {t(`game.streak.day_${state}`)}</span>)}</div>}
      </Stack>
    </Card>
  );

  function named(day: CalendarDate, width: "long" | "narrow"): string {
    // Any week will do for a name; getDayOfWeek keeps the two in step.
    return new Intl.DateTimeFormat(i18n.language, { weekday: width, timeZone: "UTC" }).format(Date.UTC(2024, 0, 1 + getDayOfWeek(day, i18n.language, "mon")));
  }
}

function Cell({ day, found, today }: { day: CalendarDate; found: Day | undefined; today: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const label = found && `${t(`game.streak.day_${found.state}`)}${found.sessions ? `, ${t("game.streak.sessions", { count: found.sessions })}` : ""}`;
  return (
    <div className={css.day} data-state={found?.state} data-today={day.toString() === today} title={label}>
      {format.number(day.day)}
      {found && <><span aria-hidden>{MARKS[found.state]}</span><span className="visually-hidden">{label}</span></>}
    </div>
  );
}
