// What payment providers told us, byte for byte, and another try for what was set aside.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { Select } from "../account/controls";
import { api, body, queries, type Schemas } from "../app/api";
import { Answer, Button, Chip, Dialog, Notice, Row } from "../app/ui";
import { say, useComplaint } from "../app/ui/toasts";
import css from "./operator.module.css";
import { Act, Ago, Ask, Facts, Head, Json, ONCE, PAGES, Pages } from "./parts";

type Webhook = Schemas["WebhookOut"];
const STATES = ["quarantined", "received", "applied", "ignored"] as const;
const TONES = { quarantined: "bad", received: "warn", applied: "good", ignored: "neutral" } as const;
const EVERY_MS = 5_000;

function useReplay() {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (webhook_id: string | null) =>
      body(webhook_id === null ? api.POST("/api/v1/admin/webhooks/replay") : api.POST("/api/v1/admin/webhooks/{webhook_id}/replay", { params: { path: { webhook_id } } })),
    onSuccess: ({ replayed }) => {
      say(t("operate.webhooks.replayed", { count: replayed }));
      return client.invalidateQueries({ queryKey: ["get", "/api/v1/admin/webhooks"] });
    },
  });
}

export function Webhooks() {
  const { t } = useTranslation();
  const [address, setAddress] = useSearchParams();
  const state = STATES.find((one) => one === address.get("state")) ?? null;
  const [shown, setShown] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const replay = useReplay();
  const complain = useComplaint();
  const webhooks = queries.useInfiniteQuery("get", "/api/v1/admin/webhooks", { params: { query: { state } } }, { ...PAGES, refetchInterval: EVERY_MS });
  const setAside = webhooks.data?.pages.some((page) => page.items.some((webhook) => webhook.state === "quarantined")) ?? false;
  return (
    <>
      <Head title={t("operate.place.webhooks")} lead={t("operate.webhooks.lead")}>
        {setAside && <Button look="primary" onPress={() => setAsking(true)}>{t("operate.webhooks.replay_all")}</Button>}
      </Head>
      <div className={css.filters}>
        <Select
          label={t("operate.state")} value={state ?? ""} onChange={(id) => setAddress(id ? { state: id } : {})}
          choices={[{ id: "", name: t("operate.all") }, ...STATES.map((id) => ({ id, name: t(`operate.webhooks.${id}`) }))]}
        />
      </div>
      <Pages
        of={webhooks}
        label={t("operate.place.webhooks")}
        empty={t("operate.webhooks.none")}
        id={(webhook) => webhook.id}
        columns={[
          { name: t("operate.webhooks.type"), show: (webhook) => <><button type="button" className={css.link} onClick={() => setShown(webhook.id)}>{webhook.type || webhook.event_ref}</button><div className={css.soft}>{webhook.note}</div></> },
          { name: t("operate.provider"), wide: true, show: (webhook) => webhook.provider },
          { name: t("operate.state"), show: (webhook) => <State of={webhook} /> },
          { name: t("operate.webhooks.received"), wide: true, show: (webhook) => <Ago at={webhook.received_at} /> },
          {
            name: "", end: true,
            show: (webhook) => webhook.state === "quarantined" && webhook.body_kept && (
              <Act act={t("operate.replay")} on={webhook.event_ref} isDisabled={replay.isPending} onPress={() => replay.mutate(webhook.id, { onError: complain })} />
            ),
          },
        ]}
      />
      {shown && <Shown id={shown} onClose={() => setShown(null)} />}
      {asking && <Ask title={t("operate.webhooks.replay_all")} why={t("operate.webhooks.replay_why")} act={t("operate.replay")} onClose={() => setAsking(false)} onAct={() => replay.mutateAsync(null)} />}
    </>
  );
}

function State({ of }: { of: Webhook }) {
  const { t } = useTranslation();
  return <Chip tone={TONES[of.state]}>{t(`operate.webhooks.${of.state}`)}</Chip>;
}

function Shown({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const replay = useReplay();
  const complain = useComplaint();
  const found = queries.useQuery("get", "/api/v1/admin/webhooks/{webhook_id}", { params: { path: { webhook_id: id } } }, ONCE);
  return (
    <Dialog title={t("operate.webhooks.one")} isOpen onClose={onClose}>
      <Answer of={found}>
        {({ webhook, body: text }) => (
          <>
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
            {webhook.note && <Notice tone={webhook.state === "quarantined" ? "bad" : "neutral"}>{webhook.note}</Notice>}
            {webhook.body_kept ? <Json of={text} /> : <Notice>{t("operate.webhooks.forgotten")}</Notice>}
            <Row>
              {webhook.body_kept && <Button look="primary" isDisabled={replay.isPending} onPress={() => replay.mutate(id, { onSuccess: onClose, onError: complain })}>{t("operate.replay")}</Button>}
              <Button look="quiet" onPress={onClose}>{t("operate.close")}</Button>
            </Row>
          </>
        )}
      </Answer>
    </Dialog>
  );
}
