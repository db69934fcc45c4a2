// What payment providers told us, byte for byte, and another try for what was set aside.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Select } from "../account/controls";
import { api, body, queries, type Schemas } from "../app/api";
import { Answer, Button, Chip, Dialog, Notice, Row } from "../app/ui";
import { say } from "../app/ui/toasts";
import { Ask, Do, Trouble, useActing, useRefresh } from "./acting";
import css from "./operator.module.css";
import { Ago, Facts, Head, Json, ONCE, PAGES, Pages, useFilters, whileShort } from "./parts";
import { PAGE, Take } from "./take";

type Webhook = Schemas["WebhookOut"];
const STATES = ["quarantined", "received", "applied", "ignored"] as const;
const TONES = { quarantined: "bad", received: "warn", applied: "good", ignored: "neutral" } as const;
const EVERY_MS = 5_000;
const WATCHED_MS = 1_500;

/** Those that need a person: as many as one answer holds. */
export function useSetAside() {
  return queries.useQuery("get", "/api/v1/admin/webhooks", { params: { query: { state: "quarantined", limit: PAGE } } }, { refetchInterval: EVERY_MS });
}

function useReplay(): [(webhook_id: string | null) => Promise<Schemas["WebhooksReplayedOut"]>, (done: Schemas["WebhooksReplayedOut"]) => Promise<void>] {
  const { t } = useTranslation();
  const refresh = useRefresh("/api/v1/admin/webhooks");
  const replay = (webhook_id: string | null) =>
    body(webhook_id === null ? api.POST("/api/v1/admin/webhooks/replay") : api.POST("/api/v1/admin/webhooks/{webhook_id}/replay", { params: { path: { webhook_id } } }));
  const done = ({ replayed }: Schemas["WebhooksReplayedOut"]) => {
    say(t("operate.webhooks.replayed", { count: replayed }));
    return refresh();
  };
  return [replay, done];
}

export function Webhooks() {
  const { t } = useTranslation();
  const [address, choose] = useFilters();
  const state = STATES.find((one) => one === address.get("state")) ?? null;
  const shown = address.get("open");
  const [asking, setAsking] = useState(false);
  const [replay, replayed] = useReplay();
  const setAside = useSetAside();
  const webhooks = queries.useInfiniteQuery("get", "/api/v1/admin/webhooks", { params: { query: { state } } }, { ...PAGES, refetchInterval: whileShort(EVERY_MS) });
  return (
    <>
      <Head title={t("operate.place.webhooks")} lead={t("operate.webhooks.lead")}>
        {(setAside.data?.items.length ?? 0) > 0 && <Button look="primary" onPress={() => setAsking(true)}>{t("operate.webhooks.replay_all")}</Button>}
      </Head>
      <div className={css.filters}>
        <Select
          label={t("operate.state")} value={state ?? ""} onChange={(id) => choose("state", id)}
          choices={[{ id: "", name: t("operate.all") }, ...STATES.map((id) => ({ id, name: t(`operate.webhooks.${id}`) }))]}
        />
        <Take name="webhooks" page={(cursor) => body(api.GET("/api/v1/admin/webhooks", { params: { query: { state, limit: PAGE, cursor } } }))} />
      </div>
      <Pages
        of={webhooks}
        label={t("operate.place.webhooks")}
        empty={t("operate.webhooks.none")}
        id={(webhook) => webhook.id}
        columns={[
          { name: t("operate.webhooks.type"), show: (webhook) => <><button type="button" className={css.link} onClick={() => choose("open", webhook.id)}>{webhook.type || webhook.event_ref}</button><div className={css.soft}>{webhook.note}</div></> },
          { name: t("operate.provider"), wide: true, show: (webhook) => webhook.provider },
          { name: t("operate.state"), show: (webhook) => <State of={webhook} /> },
          { name: t("operate.webhooks.received"), show: (webhook) => <Ago at={webhook.received_at} /> },
          {
            name: "", end: true,
            show: (webhook) => webhook.state === "quarantined" && webhook.body_kept && <Do act={t("operate.replay")} on={webhook.event_ref} onAct={() => replay(webhook.id)} onDone={replayed} />,
          },
        ]}
      />
      {shown && <Shown id={shown} onClose={() => choose("open", null)} />}
      {asking && <Ask title={t("operate.webhooks.replay_all")} why={t("operate.webhooks.replay_why")} act={t("operate.replay")} onClose={() => setAsking(false)} onAct={() => replay(null)} onDone={replayed} />}
    </>
  );
}

function State({ of }: { of: Webhook }) {
  const { t } = useTranslation();
  return <Chip tone={TONES[of.state]}>{t(`operate.webhooks.${of.state}`)}</Chip>;
}

/** Stays open while it is applied again, so that whoever wanted that sees what becomes of it. */
function Shown({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const [replay, replayed] = useReplay();
  const again = useActing(() => replay(id), replayed);
  const found = queries.useQuery("get", "/api/v1/admin/webhooks/{webhook_id}", { params: { path: { webhook_id: id } } }, {
    ...ONCE,
    refetchInterval: ({ state }) => (state.data?.webhook.state === "received" ? WATCHED_MS : false),
  });
  return (
    <Dialog title={t("operate.webhooks.one")} isOpen onClose={onClose}>
      <Answer of={found}>
        {({ webhook, body: text }) => (
          <>
            <div aria-live="polite">
              <Facts
                of={[
                  [t("operate.webhooks.type"), webhook.type],
                  [t("operate.provider"), webhook.provider],
                  [t("operate.state"), <State of={webhook} />],
                  [t("operate.webhooks.reference"), <span className={css.code}>{webhook.event_ref}</span>],
                  [t("operate.webhooks.received"), <Ago at={webhook.received_at} />],
                  [t("operate.webhooks.handled"), <Ago at={webhook.handled_at} />],
                ]}
              />
            </div>
            {webhook.note && <Notice tone={webhook.state === "quarantined" ? "bad" : "neutral"}>{webhook.note}</Notice>}
            {webhook.body_kept ? <Json of={text} name={webhook.event_ref} /> : <Notice>{t("operate.webhooks.forgotten")}</Notice>}
            <Trouble of={again.error} />
            <Row>
              {webhook.body_kept && <Button look="primary" data-busy={again.isPending || undefined} isDisabled={webhook.state === "received"} onPress={() => again.mutate()}>{t("operate.replay")}</Button>}
              <Button look="quiet" onPress={onClose}>{t("operate.close")}</Button>
            </Row>
          </>
        )}
      </Answer>
    </Dialog>
  );
}
