import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { duration } from "./duration";

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
