// Lines over the last minutes. A package of its own draws them, fetched when they are looked at.

import { useTranslation } from "react-i18next";
import { Area, AreaChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { useFormat } from "../app/format";
import { type Moment, useFigures } from "./figures";
import css from "./operator.module.css";

type Line = Exclude<keyof Moment, "at">;
const LINES: readonly Line[] = ["requests", "latencyMs", "facts", "jobs", "failed", "sockets", "loopLagMs"];
const FINE = 10;

export default function Charts() {
  const { t } = useTranslation();
  const { moments } = useFigures();
  const format = useFormat();
  const shown = (value: number) => format.number(value < FINE ? Math.round(value * 10) / 10 : Math.round(value));
  return (
    <div className={css.charts}>
      {LINES.map((line) => (
        <figure key={line} className={css.chart}>
          <figcaption className={css.chartHead}>
            <b>{t(`operate.figure.${line}`)}</b>
            <span className={css.figure}>{moments.length ? shown(moments[moments.length - 1]?.[line] ?? 0) : "…"}</span>
          </figcaption>
          <div className={css.chartBox} aria-hidden>
            <ResponsiveContainer width="100%" height="100%">
              <AreaChart data={moments} margin={{ top: 4, right: 0, bottom: 0, left: 0 }} accessibilityLayer={false}>
                <XAxis dataKey="at" hide type="number" domain={["dataMin", "dataMax"]} />
                <YAxis hide domain={[0, (most: number) => Math.max(1, most * 1.1)]} />
                <Tooltip
                  formatter={(value) => [shown(Number(value)), t(`operate.figure.${line}`)]}
                  labelFormatter={(at) => new Date(Number(at)).toLocaleTimeString()}
                  contentStyle={{ background: "var(--raised)", border: "1px solid var(--line)", borderRadius: 9, color: "var(--ink)" }}
                />
                <Area type="monotone" dataKey={line} stroke={line === "failed" ? "var(--bad)" : "var(--brand)"} fill={line === "failed" ? "var(--bad-soft)" : "var(--brand-soft)"} strokeWidth={2} isAnimationActive={false} />
              </AreaChart>
            </ResponsiveContainer>
          </div>
        </figure>
      ))}
    </div>
  );
}
