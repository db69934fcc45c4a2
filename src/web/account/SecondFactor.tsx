// The second step of a login: a code of an app, a passkey, or a code that was written down.

import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "../app/api";
import { useMutation } from "../app/mutation";
import { Button, Field, Notice, Stack } from "../app/ui";
import { bySecondFactor, bySecondPasskey, knowsPasskeys, type Pending } from "./entering";
import { useReason } from "./reason";

interface Props {
  pending: Pending;
  onDone: (tokens: Schemas["TokensOut"]) => void;
  /** From the beginning, with the first factor. */
  onAgain: () => void;
}

export function SecondFactor({ pending: { token, methods }, onDone, onAgain }: Props) {
  const { t } = useTranslation();
  const reason = useReason();
  const [isRecovery, setRecovery] = useState(!methods.includes("totp"));
  const [code, setCode] = useState("");
  const typed = useMutation({ mutationFn: () => bySecondFactor(token, isRecovery ? { recovery_code: code } : { code: code.trim() }), onSuccess: onDone });
  const shown = useMutation({ mutationFn: () => bySecondPasskey(token), onSuccess: onDone });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    typed.mutate();
  };
  const error = typed.error ?? shown.error;
  const other = () => {
    setCode("");
    setRecovery(!isRecovery);
  };
  return (
    <Stack>
      <p>{t(isRecovery ? "entry.type_recovery" : "entry.type_code")}</p>
      {methods.includes("passkey") && knowsPasskeys() && <Button wide look="primary" onPress={() => shown.mutate()}>{t("entry.passkey_second")}</Button>}
      <form onSubmit={submit}>
        <Stack>
          <Field
            key={String(isRecovery)} autoFocus label={t(isRecovery ? "entry.recovery_code" : "entry.app_code")} isRequired maxLength={60}
            autoComplete={isRecovery ? "off" : "one-time-code"} inputMode={isRecovery ? "text" : "numeric"} value={code} onChange={setCode}
          />
          {error && <Notice tone="bad">{reason(error)}</Notice>}
          <Button look="primary" wide type="submit" data-busy={typed.isPending || undefined}>{t("entry.go_on")}</Button>
        </Stack>
      </form>
      {methods.includes("totp") && methods.includes("recovery_code") && <Button look="quiet" wide onPress={other}>{t(isRecovery ? "entry.by_app" : "entry.by_recovery")}</Button>}
      <Button look="quiet" wide onPress={onAgain}>{t("entry.again")}</Button>
    </Stack>
  );
}
