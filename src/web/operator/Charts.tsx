// Lines over the last minutes, and the same as a table. A package of its own draws them, fetched when they are looked at.

import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Area, AreaChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { useFormat } from "../app/format";
import { Button, Failed, Row } from "../app/ui";
import { FIGURES, type Moment, useFigures } from "./figures";
import css from "./operator.module.css";
import { Table } from "./parts";
import { saveLines } from "./take";

const FINE = 10;

export default function Charts() {
  const { t } = useTranslation();
  const { moments, error, again } = useFigures();
  const format = useFormat();
  const [asTable, setAsTable] = useState(false);
  const shown = (value: number) => format.number(value < FINE ? Math.round(value * 10) / 10 : Math.round(value));
  if (error && moments.length === 0) return <Failed error={error} retry={again} />;
  return (
    <>
      <Row>
        <Button small onPress={() => setAsTable(!asTable)}>{t(asTable ? "operate.as_charts" : "operate.as_table")}</Button>
        <Button small look="quiet" isDisabled={moments.length === 0} onPress={() => saveLines("figures", moments.map(({ at, ...rest }) => ({ at: new Date(at).toISOString(), ...rest })))}><Download aria-hidden size={16} />{t("operate.take")}</Button>
      </Row>
      {asTable ? (
        <Table<Moment>
          label={t("operate.figures")} items={[...moments].reverse()} id={({ at }) => String(at)}
          columns={[
            { name: t("operate.jobs.when"), show: ({ at }) => format.clock(at) },
            ...FIGURES.map((figure) => ({ name: t(`operate.figure.${figure}`), end: true, show: (moment: Moment) => shown(moment[figure]) })),
          ]}
        />
      ) : (
        <div className={css.charts}>
          {FIGURES.map((figure) => (
            <figure key={figure} className={css.chart}>
              <figcaption className={css.chartHead}>
                <b>{t(`operate.figure.${figure}`)}</b>
                <span className={css.figure}>{moments.length ? shown(moments[moments.length - 1]?.[figure] ?? 0) : "…"}</span>
              </figcaption>
              <div className={css.chartBox} aria-hidden dir="ltr">
                <ResponsiveContainer width="100%" height="100%">
                  <AreaChart data={moments} margin={{ top: 4, right: 0, bottom: 0, left: 0 }} accessibilityLayer={false}>
                    <XAxis dataKey="at" hide type="number" domain={["dataMin", "dataMax"]} />
                    <YAxis hide domain={[0, (most: number) => Math.max(1, most * 1.1)]} />
                    <Tooltip
                      formatter={(value) => [shown(Number(value)), t(`operate.figure.${figure}`)]}
                      labelFormatter={(at) => format.clock(Number(at))}
                      contentStyle={{ background: "var(--raised)", border: "1px solid var(--line)", borderRadius: 9, color: "var(--ink)" }}
                    />
                    <Area type="monotone" dataKey={figure} stroke={figure === "failed" ? "var(--bad)" : "var(--brand)"} fill={figure === "failed" ? "var(--bad-soft)" : "var(--brand-soft)"} strokeWidth={2} isAnimationActive={false} />
                  </AreaChart>
                </ResponsiveContainer>
              </div>
            </figure>
          ))}
        </div>
      )}
    </>
  );
}
