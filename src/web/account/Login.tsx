// All ways in on one page. A guest who comes here takes along what they learned.

import { useQuery } from "@tanstack/react-query";
import { KeyRound, Mail } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, useLocation, useNavigate, useSearchParams } from "react-router";
import { api, body, type Schemas } from "../app/api";
import { useMutation } from "../app/mutation";
import { useLogin } from "../app/session";
import shell from "../app/shell/shell.module.css";
import { Button, ButtonLink, Card, Field, Loading, Notice, Stack } from "../app/ui";
import css from "./account.module.css";
import { arrive, byCode, byPasskey, byPassword, byProvider, goToProvider, isGuest, knowsPasskeys, mailCode, type Outcome, type Pending } from "./entering";
import { useReason, useTold } from "./reason";
import { SecondFactor } from "./SecondFactor";

type Arrive = (tokens: Schemas["TokensOut"], to?: string) => void;

/** Where whoever was sent to log in wanted to go. */
export function useAim(): string {
  return (useLocation().state as { from?: string } | null)?.from ?? "/learn";
}

export function Login() {
  const { t } = useTranslation();
  const { phase, user, endedBy } = useLogin();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const tell = useTold();
  const [aim, setAim] = useState(useAim());
  const [pending, setPending] = useState<Pending | null>(null);
  const isGuestHere = isGuest(user);
  const done: Arrive = (tokens, to = aim) => {
    arrive(tokens, { from: user }).catch(tell).finally(() => void navigate(to, { replace: true }));
  };
  const step = (outcome: Outcome) => ("tokens" in outcome ? done(outcome.tokens) : setPending(outcome.pending));
  const fromProvider = (outcome: Outcome | null, back: string) => {
    if (outcome && "tokens" in outcome) return done(outcome.tokens, back);
    void navigate(outcome ? "/login" : back, { replace: true });
    setAim(back);
    if (outcome) step(outcome);
  };
  const code = search.get("code");
  if (code !== null) return <FromProvider code={code} onDone={fromProvider} />;
  if (phase === "known" && !isGuestHere) return <Navigate to={aim} replace />;
  const failure = search.get("error");
  return (
    <main className={shell.front}>
      <title>{`${t("login.title")} – Lyceum`}</title>
      <h1>{t("login.title")}</h1>
      {isGuestHere && <Notice>{t("entry.guest_along")}</Notice>}
      {endedBy && !failure && <Notice tone="warn">{t("login.ended")}</Notice>}
      {failure && <Notice tone="bad">{t(`problem.${failure.replaceAll(".", "_")}`, { defaultValue: t("entry.provider_failed") })}</Notice>}
      <Card>{pending ? <SecondFactor pending={pending} onDone={(tokens) => done(tokens)} onAgain={() => setPending(null)} /> : <Ways aim={aim} onOutcome={step} />}</Card>
      <div className={css.foot}>
        <a href="/reset">{t("entry.forgotten")}</a>
        {isGuestHere ? <ButtonLink look="quiet" href="/account/keep">{t("entry.new_account")}</ButtonLink> : <ButtonLink look="quiet" href="/register">{t("login.other")}</ButtonLink>}
      </div>
    </main>
  );
}

function Ways({ aim, onOutcome }: { aim: string; onOutcome: (outcome: Outcome) => void }) {
  const { t } = useTranslation();
  const reason = useReason();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [codeFor, setCodeFor] = useState<string | null>(null);
  const enter = useMutation({ mutationFn: () => byPassword(email, password), onSuccess: onOutcome });
  const passkey = useMutation({ mutationFn: byPasskey, onSuccess: onOutcome });
  const mail = useMutation({ mutationFn: () => mailCode(email), onSuccess: setCodeFor });
  const form = useRef<HTMLFormElement>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    enter.mutate();
  };
  const error = enter.error ?? mail.error ?? passkey.error;
  if (codeFor !== null) return <MailedCode email={email} requestId={codeFor} onOutcome={onOutcome} onBack={() => setCodeFor(null)} />;
  const askForCode = () => {
    if (form.current?.querySelector<HTMLInputElement>("input[autocomplete~=username]")?.reportValidity()) mail.mutate();
  };
  return (
    <Stack>
      <form onSubmit={submit} ref={form}>
        <Stack>
          <Field label={t("field.email")} inputMode="email" autoComplete="username" isRequired value={email} onChange={setEmail} maxLength={300} />
          <Field label={t("field.password")} type="password" autoComplete="current-password" isRequired value={password} onChange={setPassword} maxLength={1000} />
          {error && <Notice tone="bad">{reason(error)}</Notice>}
          <Button look="primary" wide type="submit" data-busy={enter.isPending || undefined}>{t("login.submit")}</Button>
        </Stack>
      </form>
      <div className={css.or}>{t("entry.or")}</div>
      <Button wide data-busy={mail.isPending || undefined} onPress={askForCode}><Mail aria-hidden size={18} />{t("entry.mail_code")}</Button>
      {knowsPasskeys() && <Button wide data-busy={passkey.isPending || undefined} onPress={() => passkey.mutate()}><KeyRound aria-hidden size={18} />{t("entry.passkey")}</Button>}
      <Providers aim={aim} />
    </Stack>
  );
}

function MailedCode({ email, requestId, onOutcome, onBack }: { email: string; requestId: string; onOutcome: (outcome: Outcome) => void; onBack: () => void }) {
  const { t } = useTranslation();
  const reason = useReason();
  const [code, setCode] = useState("");
  const enter = useMutation({ mutationFn: () => byCode(requestId, code), onSuccess: onOutcome });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    enter.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <p role="status">{t("entry.code_sent", { email })}</p>
        <Field label={t("entry.code")} autoFocus inputMode="numeric" autoComplete="one-time-code" isRequired value={code} onChange={setCode} maxLength={40} />
        {enter.error && <Notice tone="bad">{reason(enter.error)}</Notice>}
        <Button look="primary" wide type="submit" data-busy={enter.isPending || undefined}>{t("login.submit")}</Button>
        <Button look="quiet" wide onPress={onBack}>{t("entry.again")}</Button>
      </Stack>
    </form>
  );
}

/** Those that the house has set up, if any. */
export function Providers({ aim }: { aim: string }) {
  const { t } = useTranslation();
  const tell = useTold();
  const found = useQuery({ queryKey: ["get", "/api/v1/auth/oidc"], queryFn: () => body(api.GET("/api/v1/auth/oidc")), staleTime: Infinity });
  const go = useMutation({ mutationFn: (name: string) => goToProvider(name, { back: aim }), onError: tell });
  return found.data?.providers.map(({ name, title }) => (
    <Button key={name} wide data-busy={go.isPending || undefined} onPress={() => go.mutate(name)}>{t("entry.by_provider", { title })}</Button>
  ));
}

/** The provider has led back here. */
function FromProvider({ code, onDone }: { code: string; onDone: (outcome: Outcome | null, back: string) => void }) {
  const navigate = useNavigate();
  const tell = useTold();
  const begun = useRef(false);
  useEffect(() => {
    // The code is good once, and effects may run twice.
    if (begun.current) return;
    begun.current = true;
    byProvider(code)
      .then(({ outcome, back }) => onDone(outcome, back))
      .catch((error: unknown) => {
        tell(error);
        void navigate("/login", { replace: true });
      });
  }, [code, navigate, onDone, tell]);
  return <main className={shell.front}><Loading /></main>;
}
