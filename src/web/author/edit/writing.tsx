// Something of a draft while it is written: what differs from what was loaded, whether it could be saved, and what to do
// where somebody else was faster. Invariant: nobody's change is overwritten by somebody who has not seen it.

import { useEffect, useState } from "react";
import { useBlocker } from "react-router";
import { useTranslation } from "react-i18next";
import { Offline, Refusal } from "../../app/api";
import { useFormat } from "../../app/format";
import { useMutation } from "../../app/mutation";
import { Button, css as ui, Dialog, explain, Notice, Row } from "../../app/ui";
import css from "../author.module.css";
import { isStale, useRefresh } from "../draft";
import type { Told } from "../form/Form";
import { type Clash, differing, merged, type Values, withValue } from "../form/schema";

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

/** Two have written the same field: somebody has to choose. */
class Clashing extends Error {
  override readonly name = "Clashing";

  constructor(
    readonly theirs: Version,
    readonly values: Values,
    readonly clashes: readonly Clash[],
  ) {
    super("two have written the same");
  }
}

export interface Writing {
  values: Values;
  put: (values: Values) => void;
  /** Can be saved. */
  isDirty: boolean;
  /** Holds what would be lost. */
  isTouched: boolean;
  /** Somebody else has saved something since. */
  isBehind: boolean;
  isSaving: boolean;
  told: Told | null;
  error: unknown;
  save: () => void;
  conflict: Clashing | null;
  /** Saves what was chosen, over what was shown. */
  settle: (values: Values) => void;
  closeConflict: () => void;
  /** What stood here until somebody else's change took its place. */
  before: Values | null;
}

export function useWriting({ loaded, save, fetch, isNew = false }: Wish): Writing {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const [base, setBase] = useState(loaded);
  const [values, setValues] = useState(loaded.values);
  const [before, setBefore] = useState<Values | null>(null);
  const isTouched = differing(values, base.values).length > 0;
  const isOther = !isNew && loaded.etag !== base.etag && loaded.at >= base.at;
  // What others save shows by itself as long as nothing was written here.
  if (isOther && !isTouched) {
    if (differing(loaded.values, base.values).length > 0) setBefore(base.values);
    setBase(loaded);
    setValues(loaded.values);
  }
  const work = useMutation({
    mutationFn: async (sent: { values: Values; etag: string }) => {
      let [since, now, seen] = [base.values, sent.values, sent.etag];
      for (;;) {
        try {
          return await save(now, seen);
        } catch (error) {
          if (!isStale(error)) throw error;
          const theirs = await fetch();
          const both = merged(since, now, theirs.values);
          if (both.clashes.length > 0) throw new Clashing(theirs, both.values, both.clashes);
          [since, now, seen] = [theirs.values, both.values, theirs.etag];
        }
      }
    },
    onSuccess: (version, sent) => {
      setBase(version);
      // With what was typed meanwhile.
      setValues((now) => merged(sent.values, now, version.values).values);
      setBefore(null);
      void refresh();
    },
  });
  const conflict = work.error instanceof Clashing ? work.error : null;
  const error = conflict ? null : work.error;
  return {
    values,
    put: (next) => {
      setValues(next);
      if (work.isError) work.reset();
    },
    isDirty: isNew || isTouched,
    isTouched,
    isBehind: isOther && isTouched,
    isSaving: work.isPending,
    error,
    told: error instanceof Refusal ? { field: (error.field ?? "").replace(/^(node|content|node\.content)\./, ""), message: explain(error, t) } : null,
    save: () => (isNew || isTouched) && !work.isPending && work.mutate({ values, etag: base.etag }),
    conflict,
    settle: (chosen) => {
      if (!conflict) return;
      setBase(conflict.theirs);
      setValues(chosen);
      work.mutate({ values: chosen, etag: conflict.theirs.etag });
    },
    closeConflict: () => work.reset(),
    before,
  };
}

/** The bar to save with, and the questions around it. Ctrl+S saves too. */
export function SaveBar({ of, isBlocked = false, lacks }: { of: Writing; isBlocked?: boolean; lacks?: string | undefined }) {
  const { t } = useTranslation();
  const { isDirty, isTouched, isSaving, save, before } = of;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      if (!isBlocked) save();
    };
    const leave = (event: BeforeUnloadEvent) => isTouched && event.preventDefault();
    document.addEventListener("keydown", press);
    addEventListener("beforeunload", leave);
    return () => {
      document.removeEventListener("keydown", press);
      removeEventListener("beforeunload", leave);
    };
  });
  const blocker = useBlocker(({ currentLocation, nextLocation }) => isTouched && !isSaving && currentLocation.pathname !== nextLocation.pathname);
  return (
    <div className={css.saveArea}>
      {of.error !== null && <Notice tone="bad">{of.error instanceof Offline ? t("author.offline_kept") : explain(of.error, t)}</Notice>}
      {of.isBehind && !of.conflict && <Notice tone="warn">{t("author.behind")}</Notice>}
      {before && !isTouched && <Notice><Row between><span>{t("author.replaced")}</span><Button small onPress={() => of.put(before)}>{t("author.bring_back")}</Button></Row></Notice>}
      <div className={css.saveBar}>
        <span className={css.soft} aria-live="polite">{isSaving ? t("author.saving") : isDirty ? isBlocked ? (lacks ?? t("author.not_whole")) : t("author.unsaved") : t("author.all_saved")}</span>
        <Button look="primary" isDisabled={!isDirty || isSaving || isBlocked} onPress={save}>{t("author.save")}</Button>
      </div>
      {of.conflict && <Conflict of={of} conflict={of.conflict} />}
      <Dialog title={t("author.leave_title")} isOpen={blocker.state === "blocked"} onClose={() => blocker.reset?.()}>
        <p>{t("author.leave_detail")}</p>
        <Row><Button look="primary" onPress={() => blocker.reset?.()}>{t("author.stay")}</Button><Button look="danger" onPress={() => blocker.proceed?.()}>{t("author.leave_anyway")}</Button></Row>
      </Dialog>
    </div>
  );
}

/** Field by field, mine or theirs. */
function Conflict({ of, conflict }: { of: Writing; conflict: Clashing }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [taken, setTaken] = useState<ReadonlySet<Clash>>(new Set());
  const { theirs, clashes } = conflict;
  const take = (clash: Clash, isTheirs: boolean) => setTaken((all) => new Set(clashes.filter((one) => (one === clash ? isTheirs : all.has(one)))));
  const settle = () => of.settle(clashes.reduce((values, clash) => (taken.has(clash) ? withValue(values, clash.path, clash.theirs) : values), conflict.values));
  return (
    <Dialog title={t("author.conflict")} isOpen onClose={of.closeConflict}>
      <p>{t("author.conflict_detail", { when: format.relative(theirs.at) })}</p>
      {clashes.map((clash) => {
        const path = clash.path.join(".");
        const side = (isTheirs: boolean, value: unknown) => (
          <label className={css.side}>
            <span><input type="radio" name={path} checked={taken.has(clash) === isTheirs} onChange={() => take(clash, isTheirs)} /> {t(isTheirs ? "author.theirs" : "author.mine")}</span>
            <span className={css.value} dir="auto">{shown(value)}</span>
          </label>
        );
        return (
          <fieldset key={path} className={css.group}>
            <legend className={ui.label}>{t(`author.field.${clash.path.at(-1)}`, { defaultValue: path })}</legend>
            <div className={css.pair}>{side(false, clash.mine)}{side(true, clash.theirs)}</div>
          </fieldset>
        );
      })}
      <Row>
        <Button look="primary" isDisabled={of.isSaving} onPress={settle}>{t("author.save_chosen")}</Button>
        <Button look="quiet" onPress={of.closeConflict}>{t("author.go_on")}</Button>
      </Row>
    </Dialog>
  );
}

function shown(value: unknown): string {
  if (value === undefined || value === null || value === "") return "–";
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value.join("\n");
  return typeof value === "string" ? value : JSON.stringify(value, null, 1);
}
