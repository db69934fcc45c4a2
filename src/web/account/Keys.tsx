// Keys by which other programs use the API, without a person. A secret is shown once, when it is made.

import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useMutation } from "../app/mutation";
import { about } from "../app/problems";
import { Answer, Button, Card, Chip, Dialog, Field, Notice, Row, Stack } from "../app/ui";
import css from "./account.module.css";
import { Copy, Select, Switch } from "./controls";
import { useReason, useTold, worthAWord } from "./reason";
import { proven } from "./stepup";

type Key = Schemas["ApiKeyOut"];
type Made = Schemas["NewApiKeyOut"];
const KEYS = ["get", "/api/v1/admin/api-keys"] as const;
const DAYS = [30, 90, 180, 366] as const;
const USUAL_DAYS = 90;
const OVERLAP_HOURS = 24;

export function Keys() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const found = queries.useQuery("get", "/api/v1/admin/api-keys");
  const [isOpen, setOpen] = useState(false);
  const [made, setMade] = useState<Made | null>(null);
  const show = (key: Made) => {
    setOpen(false);
    setMade(key);
    void client.invalidateQueries({ queryKey: KEYS });
  };
  return (
    <Card aria-label={t("keys.title")}>
      <Stack>
        <div className={css.line}>
          <div className={css.what}><h2>{t("keys.title")}</h2><small>{t("keys.about")}</small></div>
          <Button look="primary" isDisabled={!found.data} onPress={() => setOpen(true)}>{t("keys.make")}</Button>
        </div>
        <Answer of={found}>
          {({ items }) =>
            items.length ? <ul className={css.lines}>{items.map((key) => <Line key={key.id} of={key} onMade={show} />)}</ul> : <p className={css.soft}>{t("keys.none")}</p>
          }
        </Answer>
      </Stack>
      <Dialog title={t("keys.make")} isOpen={isOpen} onClose={() => setOpen(false)}><Making scopes={found.data?.scopes ?? []} onMade={show} /></Dialog>
      <Dialog title={t("keys.made")} isOpen={made !== null} onClose={() => setMade(null)}>
        <p>{t("keys.once")}</p>
        <code className={css.secret} aria-label={t("keys.secret")}>{made?.secret}</code>
        <Row><Copy text={made?.secret ?? ""} /></Row>
        <Button look="primary" wide onPress={() => setMade(null)}>{t("keys.kept")}</Button>
      </Dialog>
    </Card>
  );
}

function Making({ scopes, onMade }: { scopes: string[]; onMade: (made: Made) => void }) {
  const { t } = useTranslation();
  const reason = useReason();
  const scopeName = useScopeName();
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [days, setDays] = useState(String(USUAL_DAYS));
  const make = useMutation({
    mutationFn: () => proven(() => body(api.POST("/api/v1/admin/api-keys", { body: { name, scopes: [...chosen], days: Number(days) } }))),
    onSuccess: onMade,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  const unfit = about("name", make.error, t);
  const error = unfit ? null : worthAWord(make.error);
  return (
    <form onSubmit={submit}>
      <Stack>
        <Field autoFocus label={t("field.name")} hint={t("keys.name_hint")} isRequired value={name} onChange={setName} maxLength={80} autoComplete="off" error={unfit} />
        <fieldset className={css.plain}>
          <legend>{t("keys.scopes")}</legend>
          {scopes.map((scope) => (
            <Switch
              key={scope} label={scopeName(scope)} isOn={chosen.includes(scope)}
              onChange={(on) => setChosen(on ? [...chosen, scope] : chosen.filter((one) => one !== scope))}
            />
          ))}
        </fieldset>
        <Select label={t("keys.days")} value={days} onChange={setDays} choices={DAYS.map((count) => ({ id: String(count), name: t("keys.day", { count }) }))} />
        {error && <Notice tone="bad">{reason(error)}</Notice>}
        <Button look="primary" wide type="submit" isDisabled={!chosen.length} data-busy={make.isPending || undefined}>{t("keys.make_go")}</Button>
      </Stack>
    </form>
  );
}

function Line({ of: key, onMade }: { of: Key; onMade: (made: Made) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const tell = useTold();
  const client = useQueryClient();
  const scopeName = useScopeName();
  const [asks, setAsks] = useState<"revoke" | "rotate" | null>(null);
  const close = () => setAsks(null);
  const params = { path: { key_id: key.id } };
  const revoke = useMutation({
    mutationFn: () => proven(() => api.DELETE("/api/v1/admin/api-keys/{key_id}", { params })),
    onError: tell,
    onSuccess: () => client.invalidateQueries({ queryKey: KEYS }),
    onSettled: close,
  });
  const rotate = useMutation({
    mutationFn: () => proven(() => body(api.POST("/api/v1/admin/api-keys/{key_id}/rotate", { params, body: { days: USUAL_DAYS, overlap_hours: OVERLAP_HOURS } }))),
    onError: tell,
    onSuccess: onMade,
    onSettled: close,
  });
  const state = stateOf(key);
  return (
    <li className={css.line}>
      <span className={css.what}>
        <b>{key.name}</b>
        <small><code>{key.prefix}…</code> · {key.scopes.map(scopeName).join(", ")}</small>
        <small>{key.last_used_at ? t("security.used", { when: format.relative(key.last_used_at) }) : t("keys.unused")}{state === "good" && ` · ${t("keys.until", { date: format.date(key.expires_at) })}`}</small>
      </span>
      <Chip tone={state === "good" ? "good" : "neutral"}>{t(`keys.state.${state}`)}</Chip>
      {state === "good" && !key.successor_id && <Button small aria-label={t("keys.rotate_of", { name: key.name })} onPress={() => setAsks("rotate")}>{t("keys.rotate")}</Button>}
      {state === "good" && <Button small look="danger" aria-label={t("keys.revoke_of", { name: key.name })} onPress={() => setAsks("revoke")}>{t("keys.revoke")}</Button>}
      <Dialog title={t("keys.revoke_of", { name: key.name })} isOpen={asks === "revoke"} onClose={close}>
        <p>{t("keys.revoke_about")}</p>
        <Button look="danger" wide data-busy={revoke.isPending || undefined} onPress={() => revoke.mutate()}>{t("keys.revoke")}</Button>
        <Button look="quiet" wide onPress={close}>{t("act.cancel")}</Button>
      </Dialog>
      <Dialog title={t("keys.rotate_of", { name: key.name })} isOpen={asks === "rotate"} onClose={close}>
        <p>{t("keys.rotate_about", { count: OVERLAP_HOURS })}</p>
        <Button look="primary" wide data-busy={rotate.isPending || undefined} onPress={() => rotate.mutate()}>{t("keys.rotate")}</Button>
        <Button look="quiet" wide onPress={close}>{t("act.cancel")}</Button>
      </Dialog>
    </li>
  );
}

function stateOf({ revoked_at, expires_at }: Key): "good" | "revoked" | "expired" {
  if (revoked_at) return "revoked";
  return new Date(expires_at) > new Date() ? "good" : "expired";
}

function useScopeName(): (scope: string) => string {
  const { t } = useTranslation();
  return (scope) => t(`keys.scope.${scope.replace(".", "_")}`, { defaultValue: scope });
}
