// How one is told of what: by channel and category, kind by kind where somebody cares, and when it is quiet.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { type CSSProperties, useState } from "react";
import { Button as AriaButton } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { api, body, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useMutation } from "../app/mutation";
import { Answer, Button, Card, css as ui, Field, Row, Stack } from "../app/ui";
import { say } from "../app/ui/toasts";
import css from "./account.module.css";
import { Select, Switch } from "./controls";
import { isPushable, NotAllowed, subscription, turnOffPush, turnOnPush } from "./push";
import { useTold } from "./reason";

type Told = Schemas["PreferencesOut"];
type Said = Schemas["PreferencesIn"];
type Channel = Told["channels"][number];
type Frequency = Schemas["Choice"]["frequency"];
type Kind = Told["kinds"][number];

const KEY = ["get", "/api/v1/notifications/preferences"] as const;
const QUIET = { from: "22:00", until: "08:00" };
const FREQUENCIES = ["instant", "daily", "weekly", "off"] as const;
const DAY_MS = 86_400_000;

export function Notifications() {
  const found = queries.useQuery("get", "/api/v1/notifications/preferences");
  return (
    <Stack>
      <ThisBrowser />
      <Answer of={found} lines={6}>{(told) => <Form told={told} />}</Answer>
    </Stack>
  );
}

function ThisBrowser() {
  const { t } = useTranslation();
  const tell = useTold();
  const format = useFormat();
  const here = useQuery({ queryKey: ["push"], queryFn: async () => (await subscription()) !== null, networkMode: "always" });
  const devices = queries.useQuery("get", "/api/v1/notifications/devices");
  const turn = useMutation({
    mutationFn: (on: boolean) => (on ? turnOnPush() : turnOffPush()),
    onError: (error) => (error instanceof NotAllowed ? say(t("notify.not_allowed")) : tell(error)),
    onSettled: () => Promise.all([here.refetch(), devices.refetch()]),
  });
  const drop = useMutation({
    mutationFn: (device_id: string) => api.DELETE("/api/v1/notifications/devices/{device_id}", { params: { path: { device_id } } }),
    onError: tell,
    onSuccess: () => devices.refetch(),
  });
  const items = devices.data?.items ?? [];
  return (
    <Card aria-label={t("notify.push")}>
      <Stack>
        <h2>{t("notify.push")}</h2>
        {isPushable() ? (
          <Row>
            <Button look={here.data ? "plain" : "primary"} isDisabled={turn.isPending || here.isPending} onPress={() => turn.mutate(!here.data)}>
              {t(here.data ? "notify.push_off" : "notify.push_on")}
            </Button>
            {turn.isPending && <span role="status" className={css.soft}>{t("notify.push_waiting")}</span>}
          </Row>
        ) : <p className={css.soft}>{t("notify.push_unknown")}</p>}
        {items.length > 0 && (
          <ul className={css.lines} aria-label={t("notify.devices")}>
            {items.map(({ id, name, kind, seen_at }) => (
              <li key={id} className={css.line}>
                <span className={css.what}><b>{name || t(`notify.device.${kind}`)}</b><small>{t("security.seen", { when: format.relative(seen_at) })}</small></span>
                <Button small aria-label={t("notify.drop", { name })} data-busy={drop.isPending || undefined} onPress={() => drop.mutate(id)}>{t("act.remove")}</Button>
              </li>
            ))}
          </ul>
        )}
      </Stack>
    </Card>
  );
}

function Form({ told }: { told: Told }) {
  const { t } = useTranslation();
  const tell = useTold();
  const client = useQueryClient();
  const put = useMutation({
    mutationKey: KEY,
    // One after another: each says everything anew.
    scope: { id: KEY[1] },
    mutationFn: (said: Said) => body(api.PUT("/api/v1/notifications/preferences", { body: said })),
    // At once as wished; the server's answer to the last wish replaces it.
    onMutate: (said) => void client.setQueriesData<Told>({ queryKey: KEY }, (before) => before && { ...before, ...said }),
    onError: tell,
    onSettled: () => (client.isMutating({ mutationKey: KEY }) === 1 ? client.invalidateQueries({ queryKey: KEY }) : undefined),
  });
  const now: Said = { choices: told.choices, quiet_hours: told.quiet_hours, digest_hour: told.digest_hour, paused_until: told.paused_until };
  const save = (said: Partial<Said>) => put.mutate({ ...now, ...said });
  const choose = (scope: string, channel: Channel, frequency: Frequency) => {
    const others = told.choices.filter((choice) => choice.scope !== scope || choice.channel !== channel);
    save({ choices: [...others, { scope, channel, frequency }] });
  };
  const categories = [...new Set(told.kinds.map((kind) => kind.category))].filter((category) => told.kinds.some((kind) => kind.category === category && mayBeChosen(kind)));
  return (
    <>
      <Card aria-label={t("notify.what")}>
        <Stack>
          <div className={css.what}><h2>{t("notify.what")}</h2><small>{t("notify.what_about")}</small></div>
          <div className={css.matrix} style={{ "--channels": told.channels.length } as CSSProperties}>
            <div aria-hidden className={`${css.cells} ${css.heads}`}><span />{told.channels.map((channel) => <span key={channel}>{t(`notify.channel.${channel}`)}</span>)}</div>
            {categories.map((category) => <Category key={category} category={category} told={told} onChoose={choose} />)}
          </div>
        </Stack>
      </Card>
      <Quiet told={told} onSave={save} />
      <Consent since={told.marketing_since} />
    </>
  );
}

const mayBeChosen = ({ channels }: Kind) => channels.some(({ choices }) => choices.length > 1);

interface CategoryProps {
  category: Kind["category"];
  told: Told;
  onChoose: (scope: string, channel: Channel, frequency: Frequency) => void;
}

function Category({ category, told, onChoose }: CategoryProps) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const kinds = told.kinds.filter((kind) => kind.category === category && mayBeChosen(kind));
  const scope = `category:${category}`;
  const name = t(`notify.category.${category}`);
  const chosen = (channel: Channel) => told.choices.find((choice) => choice.scope === scope && choice.channel === channel)?.frequency ?? "instant";
  const offered = (channel: Channel) => {
    const all = kinds.flatMap((kind) => choicesBy(kind, channel));
    return FREQUENCIES.filter((frequency) => all.includes(frequency)).map((id) => ({ id, name: t(id === "instant" ? "notify.usual" : `notify.frequency.${id}`) }));
  };
  return (
    <section aria-label={name}>
      <div className={css.cells}>
        <AriaButton className={`${ui.button} ${ui.quiet} ${css.fold}`} aria-expanded={isOpen} onPress={() => setOpen(!isOpen)}><ChevronRight aria-hidden size={18} />{name}</AriaButton>
        {told.channels.map((channel) => (
          <Cell key={channel} name={name} channel={channel} choices={offered(channel)} value={chosen(channel)} onChange={(frequency) => onChoose(scope, channel, frequency)} />
        ))}
      </div>
      {isOpen && (
        <div className={css.kinds}>
          {kinds.map((kind) => {
            const kindName = t(`notify.kind.${kind.id}`, { defaultValue: kind.id.replaceAll("_", " ") });
            return (
              <div key={kind.id} className={css.cells}>
                <span>{kindName}</span>
                {told.channels.map((channel) => (
                  <Cell
                    key={channel} name={kindName} channel={channel}
                    choices={choicesBy(kind, channel).map((id) => ({ id, name: t(`notify.frequency.${id}`) }))}
                    value={kind.channels.find((one) => one.channel === channel)?.frequency ?? "off"}
                    onChange={(frequency) => onChoose(kind.id, channel, frequency)}
                  />
                ))}
              </div>
            );
          })}
        </div>
      )}
    </section>
  );
}

const choicesBy = ({ channels }: Kind, channel: Channel): readonly Frequency[] => channels.find((one) => one.channel === channel)?.choices ?? [];

interface CellProps {
  name: string;
  channel: Channel;
  choices: { id: Frequency; name: string }[];
  value: Frequency;
  onChange: (frequency: Frequency) => void;
}

/** Nothing where there is nothing to choose. */
function Cell({ name, channel, choices, value, onChange }: CellProps) {
  const { t } = useTranslation();
  const by = t(`notify.channel.${channel}`);
  return (
    <div className={css.cell}>
      {choices.length > 0 && <span aria-hidden={choices.length > 1} className={css.channel}>{by}</span>}
      {choices.length < 2 ? (
        <span className={css.soft}>{choices[0]?.name}</span>
      ) : (
        <Select bare label={`${name}: ${by}`} choices={choices} value={value} onChange={(id) => onChange(id as Frequency)} />
      )}
    </div>
  );
}

function Quiet({ told, onSave }: { told: Told; onSave: (said: Partial<Said>) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const saved = told.quiet_hours ?? QUIET;
  const [draft, setHours] = useState<typeof saved | null>(null);
  const hours = draft ?? saved;
  const isOn = hours.from !== hours.until;
  const keep = (quiet_hours: typeof saved) => {
    setHours(null);
    onSave({ quiet_hours });
  };
  const turn = (on: boolean) => keep(on ? QUIET : { from: "00:00", until: "00:00" });
  const paused = told.paused_until !== null && new Date(told.paused_until) > new Date() ? told.paused_until : null;
  return (
    <Card aria-label={t("notify.quiet")}>
      <Stack>
        <h2>{t("notify.when")}</h2>
        <Switch label={t("notify.quiet")} about={t("notify.quiet_about", { zone: told.time_zone.replaceAll("_", " ") })} isOn={isOn} onChange={turn} />
        {isOn && (
          <div className={css.two}>
            <Field label={t("notify.from")} type="time" value={hours.from} onChange={(from) => setHours({ ...hours, from })} />
            <Field label={t("notify.until")} type="time" value={hours.until} onChange={(until) => setHours({ ...hours, until })} />
          </div>
        )}
        {isOn && (hours.from !== saved.from || hours.until !== saved.until) && <Row><Button look="primary" isDisabled={!hours.from || !hours.until} onPress={() => keep(hours)}>{t("act.save")}</Button></Row>}
        <Select
          label={t("notify.digest")} value={String(told.digest_hour)} onChange={(hour) => onSave({ digest_hour: Number(hour) })}
          choices={Array.from({ length: 24 }, (_, hour) => ({ id: String(hour), name: t("notify.hour", { hour: `${String(hour).padStart(2, "0")}:00` }) }))}
        />
        <Row between>
          <span>{paused ? t("notify.paused", { date: format.time(paused) }) : t("notify.pause_about")}</span>
          {paused ? (
            <Button small onPress={() => onSave({ paused_until: null })}>{t("notify.resume")}</Button>
          ) : (
            <Button small onPress={() => onSave({ paused_until: new Date(Date.now() + 7 * DAY_MS).toISOString() })}>{t("notify.pause")}</Button>
          )}
        </Row>
      </Stack>
    </Card>
  );
}

function Consent({ since }: { since: string | null }) {
  const { t } = useTranslation();
  const tell = useTold();
  const format = useFormat();
  const client = useQueryClient();
  const wording = t("notify.consent_words");
  const turn = useMutation({
    mutationFn: async (on: boolean) => {
      if (on) await api.PUT("/api/v1/notifications/marketing-consent", { body: { wording } });
      else await api.DELETE("/api/v1/notifications/marketing-consent");
    },
    onError: tell,
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
  });
  return (
    <Card aria-label={t("notify.consent")}>
      <Switch
        label={wording} about={since ? t("notify.consent_since", { date: format.date(since) }) : t("notify.consent_none")}
        isOn={since !== null} onChange={(on) => turn.mutate(on)}
      />
    </Card>
  );
}
