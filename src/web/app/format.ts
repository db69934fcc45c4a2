// Numbers, money and times as people of the language write them.

import { useMemo } from "react";
import { useTranslation } from "react-i18next";

export interface Format {
  number: (value: number) => string;
  /** With + or −. */
  signed: (value: number) => string;
  percent: (share: number) => string;
  money: (amountMinor: number, currency: string) => string;
  date: (moment: string | Date) => string;
  /** "November 2026". */
  month: (moment: string | Date) => string;
  time: (moment: string | Date) => string;
  /** Of the day, to the second. */
  clock: (moment: number) => string;
  /** "in 3 days", "2 hours ago". */
  relative: (moment: string | Date) => string;
  /** Of a language tag. */
  language: (tag: string) => string;
}

const STEPS = [["second", 60], ["minute", 60], ["hour", 24], ["day", 7], ["week", 4.35], ["month", 12], ["year", Infinity]] as const;

export function useFormat(): Format {
  const { i18n } = useTranslation();
  return useMemo(() => formats(i18n.language), [i18n.language]);
}

function formats(language: string): Format {
  const number = new Intl.NumberFormat(language);
  const signed = new Intl.NumberFormat(language, { signDisplay: "exceptZero" });
  const month = new Intl.DateTimeFormat(language, { month: "long", year: "numeric" });
  const percent = new Intl.NumberFormat(language, { style: "percent" });
  const date = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
  const time = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const clock = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const names = new Intl.DisplayNames(language, { type: "language" });
  return {
    number: (value) => number.format(value),
    signed: (value) => signed.format(value),
    percent: (share) => percent.format(share),
    money: (amount, currency) => {
      const format = new Intl.NumberFormat(language, { style: "currency", currency });
      return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
    },
    date: (moment) => date.format(at(moment)),
    month: (moment) => month.format(at(moment)),
    time: (moment) => time.format(at(moment)),
    clock: (moment) => clock.format(moment),
    relative: (moment) => {
      let value = (at(moment).getTime() - Date.now()) / 1000;
      for (const [unit, most] of STEPS) {
        if (Math.abs(value) < most) return relative.format(Math.round(value), unit);
        value /= most;
      }
      return date.format(at(moment));
    },
    language: (tag) => {
      try {
        return names.of(tag) ?? tag;
      } catch {
        return tag; // Authors may write what is no tag.
      }
    },
  };
}

/** A day or month without a time is one of the calendar: it is the same everywhere, and no moment of UTC. */
export function at(moment: string | Date): Date {
  const [, year, month, day = "1"] = (typeof moment === "string" && /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(moment)) || [];
  return year && month ? new Date(Number(year), Number(month) - 1, Number(day)) : new Date(moment);
}
