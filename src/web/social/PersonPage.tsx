// What I may see of somebody, and what we are to each other.

import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import account from "../account/account.module.css";
import { Select } from "../account/controls";
import { useReason } from "../account/reason";
import { api, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useMutation } from "../app/mutation";
import { useLogin } from "../app/session";
import { Answer, Button, ButtonLink, Card, Dialog, Empty, Field, Notice, Row, Stack } from "../app/ui";
import { Face } from "../app/ui/face";
import { say } from "../app/ui/toasts";
import { Badges } from "./Badges";
import { useBond } from "./bonds";
import css from "./social.module.css";

type Shown = Schemas["CardOut"] | Schemas["PublicProfileOut"] | Schemas["FriendProfileOut"];
const REASONS = ["harassment", "hate", "spam", "impersonation", "inappropriate", "self_harm", "other"] as const;

/** `/people/<id>` and `/people/@<handle>`. */
export function PersonPage() {
  const { who = "" } = useParams();
  return who.startsWith("@") ? <ByHandle handle={who.slice(1)} /> : <ById key={who} userId={who} />;
}

function ByHandle({ handle }: { handle: string }) {
  const found = queries.useQuery("get", "/api/v1/people/by-handle/{handle}", { params: { path: { handle } } });
  return <Answer of={found}>{(person) => <Page person={person} />}</Answer>;
}

function ById({ userId }: { userId: string }) {
  const found = queries.useQuery("get", "/api/v1/people/{user_id}", { params: { path: { user_id: userId } } });
  return <Answer of={found}>{(person) => <Page person={person} />}</Answer>;
}

function Page({ person }: { person: Shown }) {
  const { t } = useTranslation();
  const format = useFormat();
  const me = useLogin((login) => login.user?.id);
  const more = person.view === "card" ? null : person;
  return (
    <div className={account.page}>
      <title>{`${person.name} – Lyceum`}</title>
      <Card aria-label={person.name}>
        <Stack>
          <div className={css.head}>
            <Face name={person.name} picture={more?.avatar ?? null} size={88} frame={more?.wears.frame} />
            <div className={account.what}>
              <h1>{person.name}</h1>
              {person.handle && <span className={account.soft}>@{person.handle}</span>}
              {more && <small>{t("social.member_since", { date: format.date(more.since) })}</small>}
            </div>
          </div>
          {more?.bio && <p className={css.bio} dir="auto">{more.bio}</p>}
          {person.view === "card" && <p className={account.soft}>{t("social.shows_friends")}</p>}
          {person.user_id === me ? <Row><ButtonLink href="/account">{t("social.edit")}</ButtonLink></Row> : <Deeds person={person} />}
        </Stack>
      </Card>
      {more && <Badges userId={person.user_id} />}
    </div>
  );
}

function Deeds({ person }: { person: Shown }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const bond = useBond(person.user_id);
  const [dialog, setDialog] = useState<"report" | "block" | "part" | null>(null);
  const friendship = person.view === "friend" ? "friends" : person.friendship;
  const close = () => setDialog(null);
  const busy = { "data-busy": bond.isPending || undefined };
  const block = () => bond.mutate("block", { onSuccess: () => void navigate("/friends/blocked") });
  return (
    <>
      <Row>
        {friendship === "none" && <Button look="primary" {...busy} onPress={() => bond.mutate("ask")}>{t("social.ask")}</Button>}
        {friendship === "asked" && <Button {...busy} onPress={() => bond.mutate("withdraw")}>{t("social.withdraw")}</Button>}
        {friendship === "asking" && <Button look="primary" {...busy} onPress={() => bond.mutate("accept")}>{t("social.accept")}</Button>}
        {friendship === "asking" && <Button {...busy} onPress={() => bond.mutate("decline")}>{t("social.decline")}</Button>}
        {friendship === "friends" && <Button {...busy} onPress={() => setDialog("part")}>{t("social.part")}</Button>}
        {person.view === "public" && (
          <Button {...busy} onPress={() => bond.mutate(person.following ? "unfollow" : "follow")}>{t(person.following ? "social.unfollow" : "social.follow")}</Button>
        )}
        <Button look="quiet" onPress={() => setDialog("block")}>{t("social.block")}</Button>
        <Button look="quiet" onPress={() => setDialog("report")}>{t("social.report")}</Button>
      </Row>
      <Dialog title={t("social.part_title", { name: person.name })} isOpen={dialog === "part"} onClose={close}>
        <p>{t("social.part_about")}</p>
        <Button look="danger" wide {...busy} onPress={() => bond.mutate("part", { onSuccess: close })}>{t("social.part")}</Button>
        <Button look="quiet" wide onPress={close}>{t("act.cancel")}</Button>
      </Dialog>
      <Dialog title={t("social.block_title", { name: person.name })} isOpen={dialog === "block"} onClose={close}>
        <p>{t("social.block_about")}</p>
        <Button look="danger" wide {...busy} onPress={block}>{t("social.block")}</Button>
        <Button look="quiet" wide onPress={close}>{t("act.cancel")}</Button>
      </Dialog>
      <Dialog title={t("social.report_title", { name: person.name })} isOpen={dialog === "report"} onClose={close}><Report userId={person.user_id} onDone={close} /></Dialog>
    </>
  );
}

function Report({ userId, onDone }: { userId: string; onDone: () => void }) {
  const { t } = useTranslation();
  const why = useReason();
  const [reason, setReason] = useState<(typeof REASONS)[number]>("harassment");
  const [text, setText] = useState("");
  const send = useMutation({
    mutationFn: () => api.POST("/api/v1/people/{user_id}/reports", { params: { path: { user_id: userId } }, body: { reason, text } }),
    onSuccess: () => {
      say(t("social.reported"));
      onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Select label={t("social.report_why")} choices={REASONS.map((id) => ({ id, name: t(`social.reasons.${id}`) }))} value={reason} onChange={(id) => setReason(id as typeof reason)} />
        <Field label={t("social.report_text")} lines={4} value={text} onChange={setText} maxLength={2000} />
        {send.error && <Notice tone="bad">{why(send.error)}</Notice>}
        <Button look="primary" wide type="submit" data-busy={send.isPending || undefined}>{t("social.report_send")}</Button>
      </Stack>
    </form>
  );
}

/** As others might see it, with what only I do. */
export function Profile() {
  const { t } = useTranslation();
  const format = useFormat();
  const mine = queries.useQuery("get", "/api/v1/profile");
  return (
    <Answer of={mine}>
      {(me) => (
        <div className={account.page}>
          <Card aria-label={me.name}>
            <Stack>
              <div className={css.head}>
                <Face name={me.name} picture={me.avatar} size={88} frame={me.wears.frame} />
                <div className={account.what}>
                  <h1>{me.name}</h1>
                  <span className={account.soft}>{me.handle ? `@${me.handle}` : t("social.no_handle")}</span>
                  <small>{t("social.member_since", { date: format.date(me.since) })} · {t(`account.visibility.${me.visibility}_about`)}</small>
                </div>
              </div>
              {me.bio && <p className={css.bio} dir="auto">{me.bio}</p>}
              <Row>
                <ButtonLink look="primary" href="/account">{t("social.edit")}</ButtonLink>
                <ButtonLink href="/friends">{t("nav.friends")}</ButtonLink>
                <ButtonLink href="/feed">{t("social.feed")}</ButtonLink>
              </Row>
            </Stack>
          </Card>
          <Badges userId={me.user_id} empty={<Empty title={t("social.no_badges")}><ButtonLink href="/achievements">{t("nav.achievements")}</ButtonLink></Empty>} />
        </div>
      )}
    </Answer>
  );
}
