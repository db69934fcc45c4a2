// The ways into one's account, what is asked for besides, and where it is open.

import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useMutation } from "../app/mutation";
import { about } from "../app/problems";
import { useLogin } from "../app/session";
import { Answer, Button, Card, Chip, Dialog, Empty, Field, Notice, Row, Stack } from "../app/ui";
import { say } from "../app/ui/toasts";
import css from "./account.module.css";
import { goToProvider, isGuest } from "./entering";
import { Factors } from "./Factors";
import { BY_CURSOR, Pages } from "./Pages";
import { Passkeys } from "./Passkeys";
import { useReason, useTold, worthAWord } from "./reason";
import { proven } from "./stepup";

export function Security() {
  const { t } = useTranslation();
  const user = useLogin((login) => login.user);
  return (
    <Stack>
      {!isGuest(user) && <Address />}
      {!isGuest(user) && <Password />}
      <Passkeys />
      <Factors />
      <Linked />
      <Sessions />
      <Card aria-label={t("security.history")}><History /></Card>
    </Stack>
  );
}

function Address() {
  const { t } = useTranslation();
  const reason = useReason();
  const tell = useTold();
  const me = queries.useQuery("get", "/api/v1/auth/me");
  const [email, setEmail] = useState<string | null>(null);
  const verify = useMutation({ mutationFn: () => api.POST("/api/v1/auth/email/verify"), onError: tell, onSuccess: () => say(t("security.verify_sent")) });
  const move = useMutation({
    mutationFn: (to: string) => proven(() => api.POST("/api/v1/auth/email", { body: { email: to } })),
    onSuccess: () => {
      setEmail(null);
      say(t("security.move_sent"));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (email) move.mutate(email);
  };
  const unfit = about("email", move.error, t);
  const error = unfit ? null : worthAWord(move.error);
  return (
    <Card aria-label={t("field.email")}>
      <Answer of={me} lines={2}>
        {(mine) => (
          <Stack>
            <div className={css.line}>
              <div className={css.what}><h2>{t("field.email")}</h2><span>{mine.email ?? t("security.no_email")}</span></div>
              {mine.email && <Chip tone={mine.email_verified ? "good" : "warn"}>{t(mine.email_verified ? "security.verified" : "security.unverified")}</Chip>}
            </div>
            <Row>
              {mine.email && !mine.email_verified && <Button look="primary" data-busy={verify.isPending || undefined} onPress={() => verify.mutate()}>{t("security.verify")}</Button>}
              {mine.email && <Button onPress={() => setEmail("")}>{t("security.move")}</Button>}
            </Row>
          </Stack>
        )}
      </Answer>
      <Dialog title={t("security.move")} isOpen={email !== null} onClose={() => setEmail(null)}>
        <p>{t("security.move_about")}</p>
        <form onSubmit={submit}>
          <Stack>
            <Field autoFocus label={t("security.new_email")} type="email" autoComplete="email" isRequired value={email ?? ""} onChange={setEmail} maxLength={300} error={unfit} />
            {error && <Notice tone="bad">{reason(error)}</Notice>}
            <Button look="primary" wide type="submit" data-busy={move.isPending || undefined}>{t("security.move_go")}</Button>
          </Stack>
        </form>
      </Dialog>
    </Card>
  );
}

function Password() {
  const { t } = useTranslation();
  const reason = useReason();
  const tell = useTold();
  const [isOpen, setOpen] = useState(false);
  const [before, setBefore] = useState("");
  const [after, setAfter] = useState("");
  const close = () => {
    setOpen(false);
    setBefore("");
    setAfter("");
  };
  const change = useMutation({
    mutationFn: () => proven(() => api.POST("/api/v1/auth/password", { body: { new_password: after, ...(before ? { current_password: before } : {}) } })),
    onSuccess: () => {
      close();
      say(t("security.password_changed"));
    },
  });
  const remove = useMutation({
    mutationFn: () => proven(() => api.DELETE("/api/v1/auth/password")),
    onError: tell,
    onSuccess: () => {
      close();
      say(t("security.password_removed"));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  const unfit = about("new_password", change.error, t);
  const error = unfit ? null : worthAWord(change.error);
  return (
    <Card aria-label={t("field.password")}>
      <div className={css.line}>
        <div className={css.what}><h2>{t("field.password")}</h2><small>{t("security.password_about")}</small></div>
        <Button onPress={() => setOpen(true)}>{t("security.password_change")}</Button>
      </div>
      <Dialog title={t("security.password_change")} isOpen={isOpen} onClose={close}>
        <form onSubmit={submit}>
          <Stack>
            <Field autoFocus label={t("security.password_now")} type="password" autoComplete="current-password" value={before} onChange={setBefore} hint={t("security.password_none")} maxLength={1000} />
            <Field label={t("security.password_new")} type="password" autoComplete="new-password" isRequired value={after} onChange={setAfter} error={unfit} hint={t("entry.password_hint")} maxLength={1000} />
            {error && <Notice tone="bad">{reason(error)}</Notice>}
            <Button look="primary" wide type="submit" data-busy={change.isPending || undefined}>{t("act.save")}</Button>
            <Button look="quiet" wide data-busy={remove.isPending || undefined} onPress={() => remove.mutate()}>{t("security.password_remove")}</Button>
          </Stack>
        </form>
      </Dialog>
    </Card>
  );
}

/** Logins at other providers; nothing where the house has none. */
function Linked() {
  const { t } = useTranslation();
  const format = useFormat();
  const tell = useTold();
  const offered = queries.useQuery("get", "/api/v1/auth/oidc");
  const linked = queries.useQuery("get", "/api/v1/auth/oidc/linked");
  const link = useMutation({ mutationFn: (name: string) => proven(() => goToProvider(name, { link: true, back: "/account/security" })), onError: tell });
  const unlink = useMutation({
    mutationFn: (provider: string) => proven(() => api.DELETE("/api/v1/auth/oidc/{provider}", { params: { path: { provider } } })),
    onError: tell,
    onSuccess: () => linked.refetch(),
  });
  const providers = offered.data?.providers ?? [];
  if (!providers.length) return null;
  return (
    <Card aria-label={t("security.linked")}>
      <Stack>
        <h2>{t("security.linked")}</h2>
        <div className={css.lines}>
          {providers.map(({ name, title }) => {
            const found = linked.data?.linked.find((one) => one.provider === name);
            return (
              <div key={name} className={css.line}>
                <span className={css.what}><b>{title}</b>{found && <small>{found.email ?? t("security.since", { date: format.date(found.linked_at) })}</small>}</span>
                {found ? (
                  <Button small look="danger" data-busy={unlink.isPending || undefined} onPress={() => unlink.mutate(name)}>{t("security.unlink")}</Button>
                ) : (
                  <Button small data-busy={link.isPending || undefined} onPress={() => link.mutate(name)}>{t("security.link")}</Button>
                )}
              </div>
            );
          })}
        </div>
      </Stack>
    </Card>
  );
}

function Sessions() {
  const { t } = useTranslation();
  const tell = useTold();
  const sessions = queries.useQuery("get", "/api/v1/auth/sessions");
  const end = useMutation({
    mutationFn: (session_id: string) => api.DELETE("/api/v1/auth/sessions/{session_id}", { params: { path: { session_id } } }),
    onError: tell,
    onSuccess: () => sessions.refetch(),
  });
  const endAll = useMutation({
    mutationFn: () => body(api.DELETE("/api/v1/auth/sessions")),
    onError: tell,
    onSuccess: ({ ended }) => {
      say(t("security.ended", { count: ended }));
      return sessions.refetch();
    },
  });
  return (
    <Card aria-label={t("security.sessions")}>
      <Stack>
        <h2>{t("security.sessions")}</h2>
        <Answer of={sessions}>
          {({ items }) => (
            <>
              <ul className={css.lines}>{items.map((session) => <Session key={session.id} session={session} onEnd={() => end.mutate(session.id)} />)}</ul>
              {items.length > 1 && <Row><Button data-busy={endAll.isPending || undefined} onPress={() => endAll.mutate()}>{t("security.end_all")}</Button></Row>}
            </>
          )}
        </Answer>
      </Stack>
    </Card>
  );
}

function Session({ session, onEnd }: { session: Schemas["IdentitySessionOut"]; onEnd: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const device = session.device || t("security.some_device");
  return (
    <li className={css.line}>
      <span className={css.what}>
        <b>{device}</b>
        <small>{t(`security.method.${session.method}`, { defaultValue: session.method })} · {t("security.seen", { when: format.relative(session.last_seen_at) })}</small>
      </span>
      {session.current ? <Chip tone="good">{t("security.here")}</Chip> : <Button small aria-label={t("security.end_on", { device })} onPress={onEnd}>{t("account.log_out")}</Button>}
    </li>
  );
}

function History() {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  if (isOpen) return <Stack><h2>{t("security.history")}</h2><Entries /></Stack>;
  return (
    <div className={css.line}>
      <div className={css.what}><h2>{t("security.history")}</h2><small>{t("security.history_about")}</small></div>
      <Button onPress={() => setOpen(true)}>{t("security.history_show")}</Button>
    </div>
  );
}

function Entries() {
  const { t } = useTranslation();
  const format = useFormat();
  const entries = queries.useInfiniteQuery("get", "/api/v1/auth/history", { params: { query: { limit: 20 } } }, BY_CURSOR);
  return (
    <Pages of={entries} empty={<Empty title={t("security.history_none")} />}>
      {(items) => (
        <ul className={css.lines}>
          {items.map((entry) => (
            <li key={entry.id} className={css.line}>
              <span className={css.what}>
                <b>{t(`security.action.${entry.action}`, { defaultValue: entry.action.replaceAll("_", " ") })}</b>
                <small>
                  {format.time(entry.at)}
                  {entry.method && ` · ${t(`security.method.${entry.method}`, { defaultValue: entry.method })}`}
                  {entry.by_staff && ` · ${t("security.by_staff")}`}
                </small>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Pages>
  );
}
