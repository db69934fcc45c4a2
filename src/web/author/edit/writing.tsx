// Something of a draft while it is written: what differs from what was loaded, whether it could be saved, and what to do
// where somebody else was faster. Invariant: nobody's change is overwritten by somebody who has not seen it.

import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useBlocker } from "react-router";
import { useTranslation } from "react-i18next";
import { Offline, Refusal } from "../../app/api";
import { useFormat } from "../../app/format";
import { Button, css as ui, Dialog, explain, Notice, Row } from "../../app/ui";
import { say } from "../../app/ui/toasts";
import css from "../author.module.css";
import { isStale, useRefresh } from "../draft";
import type { Told } from "../form/Form";
import { differing, type Values } from "../form/schema";

export interface Version {
  values: Values;
  etag: string;
  at: string;
}

interface Wish {
  /** As it was loaded. */
  loaded: Version;
  /** Gives what there is then. Not called while nothing has changed. */
  save: (values: Values, etag: string) => Promise<Version>;
  /** As it is on the server now. */
  fetch: () => Promise<Version>;
  isNew?: boolean;
}

export interface Writing {
  values: Values;
  put: (values: Values) => void;
  isDirty: boolean;
  isSaving: boolean;
  told: Told | null;
  error: unknown;
  save: () => void;
  theirs: Version | null;
  /** What somebody else has made of it, instead of this. */
  takeTheirs: () => void;
  /** This, over what somebody else has made of it and which was shown. */
  overwrite: () => void;
  closeConflict: () => void;
}

export function useWriting({ loaded, save, fetch, isNew = false }: Wish): Writing {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const [base, setBase] = useState(loaded);
  const [values, setValues] = useState(loaded.values);
  const [theirs, setTheirs] = useState<Version | null>(null);
  const isDirty = isNew || differing(values, base.values).length > 0;
  const isTouched = differing(values, base.values).length > 0;
  // What others save shows by itself as long as nothing was written here.
  if (!isNew && !isTouched && loaded.etag !== base.etag && loaded.at >= base.at) {
    setBase(loaded);
    setValues(loaded.values);
  }
  const work = useMutation({
    mutationFn: (etag: string) => save(values, etag),
    onSuccess: (version) => {
      setBase(version);
      setValues(version.values);
      setTheirs(null);
      say(t("author.saved"));
      void refresh();
    },
    onError: async (error) => {
      if (isStale(error)) setTheirs(await fetch());
    },
  });
  const error = work.error && !isStale(work.error) ? work.error : null;
  return {
    values,
    put: (next) => {
      setValues(next);
      if (work.isError) work.reset();
    },
    isDirty,
    isSaving: work.isPending,
    error,
    told: error instanceof Refusal ? toldBy(error) : null,
    save: () => isDirty && !work.isPending && work.mutate(base.etag),
    theirs,
    takeTheirs: () => {
      if (!theirs) return;
      setBase(theirs);
      setValues(theirs.values);
      setTheirs(null);
    },
    overwrite: () => theirs && work.mutate(theirs.etag),
    closeConflict: () => setTheirs(null),
  };
}

/** The field out of a sentence such as "… - at `$.node.title`". */
function toldBy(error: Refusal): Told {
  const [, field = ""] = /at `\$\.([^`]+)`/.exec(error.message) ?? [];
  return { field: field.replace(/^(node|content|node\.content)\./, ""), message: error.message };
}

/** The bar to save with, and the questions around it. Ctrl+S saves too. */
export function SaveBar({ of, isBlocked = false, isNew = false, children }: { of: Writing; isBlocked?: boolean; isNew?: boolean; children?: React.ReactNode }) {
  const { t } = useTranslation();
  const { isDirty, isSaving, save } = of;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      if (!isBlocked) save();
    };
    const leave = (event: BeforeUnloadEvent) => isDirty && event.preventDefault();
    document.addEventListener("keydown", press);
    addEventListener("beforeunload", leave);
    return () => {
      document.removeEventListener("keydown", press);
      removeEventListener("beforeunload", leave);
    };
  });
  const blocker = useBlocker(({ currentLocation, nextLocation }) => isDirty && !isSaving && !isNew && currentLocation.pathname !== nextLocation.pathname);
  return (
    <>
      {of.error !== null && <Notice tone="bad">{of.error instanceof Offline ? t("author.offline_kept") : explain(of.error, t)}</Notice>}
      <div className={css.saveBar}>
        <span className={css.soft} aria-live="polite">{isSaving ? t("author.saving") : isDirty ? t(isBlocked ? "author.not_whole" : "author.unsaved") : t("author.all_saved")}</span>
        {children}
        <Button look="primary" isDisabled={!isDirty || isSaving || isBlocked} onPress={save}>{t("author.save")}</Button>
      </div>
      <Conflict of={of} />
      <Dialog title={t("author.leave_title")} isOpen={blocker.state === "blocked"} onClose={() => blocker.reset?.()}>
        <p>{t("author.leave_detail")}</p>
        <Row><Button look="primary" onPress={() => blocker.reset?.()}>{t("author.stay")}</Button><Button look="danger" onPress={() => blocker.proceed?.()}>{t("author.leave_anyway")}</Button></Row>
      </Dialog>
    </>
  );
}

function Conflict({ of }: { of: Writing }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { theirs, values } = of;
  if (!theirs) return null;
  const fields = flat(values, theirs.values);
  return (
    <Dialog title={t("author.conflict")} isOpen onClose={of.closeConflict}>
      <p>{t("author.conflict_detail", { when: format.relative(theirs.at) })}</p>
      <div className={ui.tableWrap} role="region" aria-label={t("author.conflict")} tabIndex={0}>
        <table className={ui.table}>
          <thead><tr><th scope="col">{t("author.field_name")}</th><th scope="col">{t("author.mine")}</th><th scope="col">{t("author.theirs")}</th></tr></thead>
          <tbody>{fields.map(([name, mine, other]) => <tr key={name}><th scope="row">{t(`author.field.${name.split(".").at(-1)}`, { defaultValue: name })}</th><td className={css.value}>{shown(mine)}</td><td className={css.value}>{shown(other)}</td></tr>)}</tbody>
        </table>
      </div>
      <Row>
        <Button look="primary" onPress={of.takeTheirs}>{t("author.take_theirs")}</Button>
        <Button look="danger" isDisabled={of.isSaving} onPress={of.overwrite}>{t("author.keep_mine")}</Button>
        <Button look="quiet" onPress={of.closeConflict}>{t("author.go_on")}</Button>
      </Row>
    </Dialog>
  );
}

function flat(mine: Values, theirs: Values): [string, unknown, unknown][] {
  return differing(mine, theirs).flatMap((name) => {
    const [one, other] = [mine[name], theirs[name]];
    if (name !== "content" || !one || !other) return [[name, one, other] as [string, unknown, unknown]];
    return differing(one as Values, other as Values).map((part): [string, unknown, unknown] => [part, (one as Values)[part], (other as Values)[part]]);
  });
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "–";
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value.join("\n");
  return typeof value === "string" ? value : JSON.stringify(value, null, 1);
}
