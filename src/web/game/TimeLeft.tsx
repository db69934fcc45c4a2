import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

const MINUTE = 60_000;

/** "2 days 4 hours left"; seconds only in the last minutes, where they matter. */
export function TimeLeft({ until, over }: { until: string; over?: () => void }) {
  const { t, i18n } = useTranslation();
  const end = new Date(until).getTime();
  const [now, setNow] = useState(Date.now);
  const left = end - now;
  const often = left < 10 * MINUTE;
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), often ? 1_000 : 15_000);
    return () => clearInterval(timer);
  }, [often]);
  const isOver = left <= 0;
  useEffect(() => {
    if (isOver) over?.();
    // Once, when it is over; not whenever somebody passes another function.
  }, [isOver]); // eslint-disable-line react-hooks/exhaustive-deps
  if (isOver) return <span>{t("game.over")}</span>;
  return <time dateTime={until}>{t("game.left", { time: duration(left, i18n.language) })}</time>;
}

/** The two largest units of a span of milliseconds, as people of the language write them. */
export function duration(ms: number, language: string): string {
  const seconds = Math.floor(ms / 1000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "day"], [Math.floor(seconds / 3600) % 24, "hour"],
    [Math.floor(seconds / 60) % 60, "minute"], [seconds % 60, "second"],
  ];
  const first = Math.max(0, parts.findIndex(([count]) => count > 0));
  const shown = parts.slice(first, first + 2).filter(([count, unit]) => count > 0 && (unit !== "second" || seconds < 600));
  return shown.map(([count, unit]) => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(count)).join(" ");
}
