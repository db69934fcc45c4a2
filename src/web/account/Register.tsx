import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, useLocation } from "react-router";
import { useLogin } from "../app/session";
import css from "../app/shell/shell.module.css";
import { Button, ButtonLink, Card, explain, Field, Notice, Stack } from "../app/ui";
import { register } from "./entering";

export function Register() {
  const { t } = useTranslation();
  const { phase } = useLogin();
  const from = (useLocation().state as { from?: string } | null)?.from ?? "/learn";
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const enter = useMutation({ mutationFn: () => register(name, email, password) });
  if (phase === "known") return <Navigate to={from} replace />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    enter.mutate();
  };
  return (
    <main className={css.front}>
      <h1>{t("register.title")}</h1>
      <Card>
        <form onSubmit={submit}>
          <Stack>
            <Field label={t("field.name")} autoComplete="name" isRequired value={name} onChange={setName} maxLength={80} />
            <Field label={t("field.email")} type="email" autoComplete="email" isRequired value={email} onChange={setEmail} />
            <Field label={t("field.password")} type="password" autoComplete="new-password" isRequired value={password} onChange={setPassword} />
            {enter.error && <Notice tone="bad">{explain(enter.error, t)}</Notice>}
            <Button look="primary" wide type="submit" isDisabled={enter.isPending}>{t("register.submit")}</Button>
          </Stack>
        </form>
      </Card>
      <ButtonLink look="quiet" href="/login">{t("register.other")}</ButtonLink>
    </main>
  );
}
