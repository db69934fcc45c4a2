// One way to do things here. Invariant: nothing is sent twice, and what went wrong is said where one acted.

import { useQueryClient } from "@tanstack/react-query";
import { type ComponentProps, type FormEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useReason } from "../account/reason";
import { Unproven } from "../account/stepup";
import { unhurried, useMutation } from "../app/mutation";
import { Button, Dialog, Field, Notice, Row, Stack } from "../app/ui";
import css from "./operator.module.css";

/** Does the work once at a time, then what follows from it. */
export function useActing<T, W = void>(work: (wanted: W) => Promise<T>, done?: (result: T, wanted: W) => unknown) {
  return useMutation({ mutationFn: (wanted: W) => unhurried(work(wanted)), onSuccess: (result, wanted) => done?.(result, wanted) });
}

/** Asks anew all that is shown of these paths of the API. */
export function useRefresh(...paths: string[]): () => Promise<void> {
  const client = useQueryClient();
  return () => client.invalidateQueries({ predicate: ({ queryKey: [, path] }) => paths.some((one) => String(path).startsWith(one)) });
}

/** Why it did not work; silent where somebody changed their mind. */
export function Trouble({ of }: { of: unknown }) {
  const reason = useReason();
  return of && !(of instanceof Unproven) ? <Notice tone="bad">{reason(of)}</Notice> : null;
}

interface Line {
  act: string;
  /** What it is done to: a part of the button's name. */
  on: string;
}

/** A button of one line, which asks for more. */
export function Act({ act, on, ...props }: Line & Omit<ComponentProps<typeof Button>, "children">) {
  return <Button small aria-label={`${act}: ${on}`} {...props}>{act}</Button>;
}

/** A button of one line, which does it. */
export function Do<T>({ act, on, look, onAct, onDone }: Line & Pick<ComponentProps<typeof Button>, "look"> & { onAct: () => Promise<T>; onDone?: (result: T) => unknown }) {
  const acting = useActing(onAct, onDone);
  return (
    <>
      <Act act={act} on={on} {...(look && { look })} data-busy={acting.isPending || undefined} onPress={() => acting.mutate()} />
      {acting.error && <div className={css.trouble}><Trouble of={acting.error} /></div>}
    </>
  );
}

interface AskProps<T> {
  title: string;
  why?: string | undefined;
  act: string;
  danger?: boolean;
  /** What a reason is called, where one is needed. */
  reason?: string;
  onClose: () => void;
  /** Resolves once it is done. */
  onAct: (reason: string) => Promise<T>;
  /** What follows once the question is gone. */
  onDone?: (result: T) => unknown;
  children?: ReactNode;
}

/** Asks before something is done, and for the reason that will stand in the log. */
export function Ask<T>({ title, why, act, danger, reason, onClose, onAct, onDone, children }: AskProps<T>) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const acting = useActing(onAct, (result) => {
    onClose();
    return onDone?.(result);
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!acting.isPending) acting.mutate(text.trim());
  };
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <form onSubmit={submit}>
        <Stack>
          {why && <p>{why}</p>}
          {children}
          {reason && <Field label={reason} hint={t("operate.reason_hint")} lines={2} isRequired minLength={3} maxLength={500} value={text} onChange={setText} />}
          <Trouble of={acting.error} />
          <Row>
            <Button type="submit" look={danger ? "danger" : "primary"} data-busy={acting.isPending || undefined}>{act}</Button>
            <Button look="quiet" onPress={onClose}>{t("operate.cancel")}</Button>
          </Row>
        </Stack>
      </form>
    </Dialog>
  );
}
