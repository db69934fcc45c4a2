// A guest becomes somebody who can come back from anywhere: the same account, now with an address and a password.

import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, useNavigate } from "react-router";
import { api, body } from "../app/api";
import { useMutation } from "../app/mutation";
import { about } from "../app/problems";
import { changed, guest, useLogin } from "../app/session";
import { Button, ButtonLink, Card, Field, Notice, Stack } from "../app/ui";
import { say } from "../app/ui/toasts";
import css from "./account.module.css";
import { isGuest } from "./entering";
import { Providers } from "./Login";
import { useReason } from "./reason";

const FIELDS = ["email", "password"];

export function Keep() {
  const { t } = useTranslation();
  const reason = useReason();
  const navigate = useNavigate();
  const user = useLogin((login) => login.user);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const keep = useMutation({
    mutationFn: () => body(api.POST("/api/v1/auth/guest/upgrade", { body: { email, password } })),
    onSuccess: (mine) => {
      guest.forget();
      changed(mine);
      say(t("entry.kept"));
      void navigate("/learn", { replace: true });
    },
  });
  if (user && !isGuest(user)) return <Navigate to="/account" replace />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    keep.mutate();
  };
  const at = (field: string) => about(field, keep.error, t);
  return (
    <div className={css.page}>
      <title>{`${t("entry.keep_title")} – Lyceum`}</title>
      <h1>{t("entry.keep_title")}</h1>
      <p>{t("entry.keep_about")}</p>
      <Card>
        <form onSubmit={submit}>
          <Stack>
            <Field label={t("field.email")} type="email" autoComplete="email" isRequired value={email} onChange={setEmail} maxLength={300} error={at("email")} />
            <Field label={t("field.password")} type="password" autoComplete="new-password" isRequired value={password} onChange={setPassword} maxLength={1000} hint={t("entry.password_hint")} error={at("password")} />
            {keep.error && !about(FIELDS, keep.error, t) && <Notice tone="bad">{reason(keep.error)}</Notice>}
            <Button look="primary" wide type="submit" data-busy={keep.isPending || undefined}>{t("entry.keep")}</Button>
            <Providers aim="/learn" />
          </Stack>
        </form>
      </Card>
      <ButtonLink look="quiet" href="/login">{t("entry.have_account")}</ButtonLink>
    </div>
  );
}
