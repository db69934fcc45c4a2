import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Navigate } from "react-router";
import { useMutation } from "../app/mutation";
import { about } from "../app/problems";
import { useLogin } from "../app/session";
import shell from "../app/shell/shell.module.css";
import { Button, ButtonLink, Card, Field, Notice, Stack } from "../app/ui";
import { isGuest, register } from "./entering";
import { Providers, useAim } from "./Login";
import { useReason } from "./reason";

const FIELDS = ["name", "email", "password"];

export function Register() {
  const { t } = useTranslation();
  const reason = useReason();
  const { phase, user } = useLogin();
  const aim = useAim();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const enter = useMutation({ mutationFn: () => register(name, email, password) });
  if (phase === "known") return <Navigate to={isGuest(user) ? "/account/keep" : aim} replace />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    enter.mutate();
  };
  const at = (field: string) => about(field, enter.error, t);
  return (
    <main className={shell.front}>
      <title>{`${t("register.title")} – Lyceum`}</title>
      <h1>{t("register.title")}</h1>
      <Card>
        <form onSubmit={submit}>
          <Stack>
            <Field label={t("field.name")} autoComplete="name" isRequired value={name} onChange={setName} maxLength={80} error={at("name")} />
            <Field label={t("field.email")} type="email" autoComplete="email" isRequired value={email} onChange={setEmail} maxLength={300} error={at("email")} />
            <Field label={t("field.password")} type="password" autoComplete="new-password" isRequired value={password} onChange={setPassword} maxLength={1000} hint={t("entry.password_hint")} error={at("password")} />
            {enter.error && !about(FIELDS, enter.error, t) && <Notice tone="bad">{reason(enter.error)}</Notice>}
            <Button look="primary" wide type="submit" data-busy={enter.isPending || undefined}>{t("register.submit")}</Button>
            <Providers aim={aim} />
          </Stack>
        </form>
      </Card>
      <ButtonLink look="quiet" href="/login">{t("register.other")}</ButtonLink>
    </main>
  );
}
