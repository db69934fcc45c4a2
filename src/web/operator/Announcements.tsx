// News for many: written, looked at, sent.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Select } from "../account/controls";
import { api, body, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { Answer, Button, Chip, Dialog, Field, Row } from "../app/ui";
import { say } from "../app/ui/toasts";
import { Ask, Trouble, useActing, useRefresh } from "./acting";
import css from "./operator.module.css";
import { Ago, Checks, Facts, Head, PAGES, Pages } from "./parts";

type Announcement = Schemas["AnnouncementOut"];
const CHANNELS = ["in_app", "email", "web_push", "mobile_push"] as const;
const AUDIENCES = ["everybody", "role:learner", "role:teacher", "role:author"] as const;
const TONES = { draft: "neutral", sending: "warn", sent: "good", cancelled: "neutral" } as const;
const EVERY_MS = 3_000;

const useChanged = () => useRefresh("/api/v1/admin/announcements");

export function Announcements() {
  const { t } = useTranslation();
  const format = useFormat();
  const [writing, setWriting] = useState(false);
  const [shown, setShown] = useState<Announcement | null>(null);
  const announcements = queries.useInfiniteQuery("get", "/api/v1/admin/announcements", { params: { query: {} } }, {
    ...PAGES,
    refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.items.some((one) => one.state === "sending")) ? EVERY_MS : false),
  });
  return (
    <>
      <Head title={t("operate.place.announcements")} lead={t("operate.announcements.lead")}>
        <Button look="primary" onPress={() => setWriting(true)}>{t("operate.announcements.new")}</Button>
      </Head>
      <Pages
        of={announcements} label={t("operate.place.announcements")} empty={t("operate.announcements.none")} id={(one) => one.id}
        columns={[
          { name: t("operate.announcements.title"), show: (one) => <><button type="button" className={css.link} onClick={() => setShown(one)}>{one.title}</button><div className={css.soft}>{audience(one.audience, t)}</div></> },
          { name: t("operate.announcements.channels"), wide: true, show: (one) => one.channels.map((channel) => t(`operate.channel.${channel}`)).join(", ") },
          { name: t("operate.announcements.recipients"), end: true, show: (one) => format.number(one.recipients) },
          { name: t("operate.state"), show: (one) => <Chip tone={TONES[one.state]}>{t(`operate.announcements.${one.state}`)}</Chip> },
          { name: t("operate.announcements.written"), wide: true, show: (one) => <Ago at={one.sent_at ?? one.created_at} /> },
        ]}
      />
      {writing && <Writing onClose={() => setWriting(false)} onWritten={setShown} />}
      {shown && <Preview of={shown} onClose={() => setShown(null)} />}
    </>
  );
}

function audience(of: string, t: (key: string) => string): string {
  return AUDIENCES.some((one) => one === of) ? t(`operate.audience.${of.replace(":", "_")}`) : of;
}

function Writing({ onClose, onWritten }: { onClose: () => void; onWritten: (one: Announcement) => void }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const [to, setTo] = useState<string>(AUDIENCES[0]);
  const [title, setTitle] = useState("");
  const [text, setText] = useState("");
  const [url, setUrl] = useState("/notifications");
  const [channels, setChannels] = useState<string[]>(["in_app"]);
  const draft = async () => {
    const written = await body(api.POST("/api/v1/admin/announcements", { body: { audience: to, title, body: text, url, channels: CHANNELS.filter((one) => channels.includes(one)) } }));
    await changed();
    return written;
  };
  return (
    <Ask title={t("operate.announcements.new")} act={t("operate.announcements.preview")} onClose={onClose} onAct={draft} onDone={onWritten}>
      <Select label={t("operate.announcements.audience")} value={to} onChange={setTo} choices={AUDIENCES.map((id) => ({ id, name: audience(id, t) }))} />
      <Field label={t("operate.announcements.title")} isRequired maxLength={120} value={title} onChange={setTitle} />
      <Field label={t("operate.announcements.text")} isRequired lines={6} maxLength={10_000} value={text} onChange={setText} />
      <Field label={t("operate.announcements.url")} hint={t("operate.announcements.url_hint")} isRequired maxLength={500} value={url} onChange={setUrl} />
      <Checks isRequired label={t("operate.announcements.channels")} choices={CHANNELS.map((id) => [id, t(`operate.channel.${id}`)])} value={channels} onChange={setChannels} />
    </Ask>
  );
}

function Preview({ of, onClose }: { of: Announcement; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const changed = useChanged();
  const path = { announcement_id: of.id };
  const preview = queries.useQuery("post", "/api/v1/admin/announcements/{announcement_id}/preview", { params: { path } });
  const act = useActing(
    async (how: "send" | "cancel") => {
      await api.POST(how === "send" ? "/api/v1/admin/announcements/{announcement_id}/send" : "/api/v1/admin/announcements/{announcement_id}/cancel", { params: { path } });
    },
    async (_, how) => {
      say(t(`operate.announcements.done_${how === "cancel" && of.state === "draft" ? "drop" : how}`));
      await changed();
      onClose();
    },
  );
  return (
    <Dialog title={of.title} isOpen onClose={onClose}>
      <Answer of={preview}>
        {(found) => (
          <>
            <Facts of={[[t("operate.announcements.audience"), audience(of.audience, t)], [t("operate.announcements.reaches"), format.number(found.recipients)], [t("operate.state"), t(`operate.announcements.${of.state}`)]]} />
            <p className={css.message}>{found.body}</p>
            {of.channels.includes("email") && (
              <>
                <h3>{t("operate.announcements.as_mail")}: {found.mail_subject}</h3>
                <pre className={css.json} tabIndex={0} role="region" aria-label={t("operate.announcements.as_mail")}>{found.mail_text}</pre>
              </>
            )}
          </>
        )}
      </Answer>
      <Trouble of={act.error} />
      <Row>
        {of.state === "draft" && <Button look="primary" isDisabled={act.isPending || !preview.data} onPress={() => act.mutate("send")}>{t("operate.announcements.send", { count: preview.data?.recipients ?? 0 })}</Button>}
        {(of.state === "draft" || of.state === "sending") && <Button look="danger" isDisabled={act.isPending} onPress={() => act.mutate("cancel")}>{t(of.state === "draft" ? "operate.announcements.drop" : "operate.announcements.cancel")}</Button>}
        <Button look="quiet" onPress={onClose}>{t("operate.close")}</Button>
      </Row>
    </Dialog>
  );
}
