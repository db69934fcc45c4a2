// Proving once more who one is. Invariant: what was refused for want of it is done once, after the proof, or not at all.

import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { create } from "zustand";
import { api, body, Refusal } from "../app/api";
import { useMutation } from "../app/mutation";
import { Button, Dialog, Field, Notice, Stack } from "../app/ui";
import { knowsPasskeys, shownPasskey } from "./entering";
import { Unproven, useReason } from "./reason";

export { Unproven };

interface Asked {
  methods: string[];
  done: () => void;
  refused: () => void;
}

const useAsked = create<{ asked: Asked | null }>(() => ({ asked: null }));

/** Does the work; where the server wants a fresh proof first, asks for one and does it again. */
export async function proven<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refusal && error.code === "identity.step_up_needed")) throw error;
    const { methods = [] } = error.problem as { methods?: string[] };
    await new Promise<void>((resolve, reject) => {
      useAsked.setState({ asked: { methods, done: resolve, refused: () => reject(new Unproven("not proven")) } });
    });
    return work();
  }
}

/** Stands once around all screens that use `proven`. */
export function StepUp() {
  const asked = useAsked((state) => state.asked);
  return asked && <Question {...asked} />;
}

const close = () => useAsked.setState({ asked: null });

function Question({ methods, done, refused }: Asked) {
  const { t } = useTranslation();
  const reason = useReason();
  const [typed, setTyped] = useState("");
  const [way, setWay] = useState(methods.includes("password") ? "password" : "totp");
  const prove = useMutation({
    mutationFn: async (by: string) => {
      if (by === "passkey") {
        const { public_key } = await body(api.POST("/api/v1/auth/step-up/passkey"));
        return api.POST("/api/v1/auth/step-up", { body: { passkey: await shownPasskey(public_key) } });
      }
      return api.POST("/api/v1/auth/step-up", { body: by === "password" ? { password: typed } : { code: typed } });
    },
    onSuccess: () => {
      close();
      done();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    prove.mutate(way);
  };
  const cancel = () => {
    close();
    refused();
  };
  const typeable = methods.includes("password") || methods.includes("totp");
  return (
    <Dialog title={t("stepup.title")} isOpen onClose={cancel}>
      <p>{t(methods.length ? "stepup.why" : "stepup.again")}</p>
      {prove.error && <Notice tone="bad">{reason(prove.error)}</Notice>}
      {typeable && (
        <form onSubmit={submit}>
          <Stack>
            {way === "password" ? (
              <Field key="password" label={t("field.password")} type="password" autoComplete="current-password" isRequired autoFocus value={typed} onChange={setTyped} />
            ) : (
              <Field key="code" label={t("entry.app_code")} inputMode="numeric" autoComplete="one-time-code" isRequired autoFocus value={typed} onChange={setTyped} maxLength={20} />
            )}
            <Button look="primary" wide type="submit" data-busy={prove.isPending || undefined}>{t("stepup.prove")}</Button>
          </Stack>
        </form>
      )}
      {methods.includes("passkey") && knowsPasskeys() && <Button wide onPress={() => prove.mutate("passkey")}>{t("stepup.passkey")}</Button>}
      {methods.includes("password") && methods.includes("totp") && (
        <Button look="quiet" wide onPress={() => setWay(way === "password" ? "totp" : "password")}>{t(way === "password" ? "stepup.by_code" : "stepup.by_password")}</Button>
      )}
      <Button look="quiet" wide onPress={cancel}>{t("act.cancel")}</Button>
    </Dialog>
  );
}
