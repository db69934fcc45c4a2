// What a refusal says to a person: the client's own sentence for its code, in `locales/<language>/problems.json`, and
// the server's text, which is English, only where there is none.

import i18next, { type TFunction } from "i18next";
import { Offline, type Problem, Refusal } from "./api";

/** A sentence for a person about anything that was raised. */
export function explain(error: unknown, t: TFunction): string {
  if (error instanceof Offline) return t("state.offline_detail");
  return error instanceof Refusal ? told(error.problem, t, error.field) : t("state.failed_detail");
}

/** The sentence, if the refusal is about one of these fields of a form: for `error` of a Field. */
export function about(fields: string | readonly string[], error: unknown, t: TFunction): string | undefined {
  if (!(error instanceof Refusal) || error.field === null) return undefined;
  return [fields].flat().includes(error.field) ? explain(error, t) : undefined;
}

/** Of a problem that came as part of an answer. */
export function told(problem: Pick<Problem, "code" | "title"> & { detail?: string; retry_after_s?: number }, t: TFunction, field: string | null = null): string {
  const name = `problem.${problem.code.replaceAll(".", "_")}`;
  const keys = field ? [`${name}_${field}`, name] : [name];
  return sentence(t(keys, { ...problem, when: later(problem.retry_after_s ?? 0), defaultValue: problem.detail || problem.title }));
}

function later(seconds: number): string {
  const format = new Intl.RelativeTimeFormat(i18next.language, { numeric: "auto" });
  return seconds < 90 ? format.format(Math.max(1, seconds), "second") : format.format(Math.ceil(seconds / 60), "minute");
}

function sentence(text: string): string {
  const whole = text.charAt(0).toLocaleUpperCase(i18next.language) + text.slice(1);
  return /[.!?…:)]$/.test(whole) ? whole : `${whole}.`;
}
