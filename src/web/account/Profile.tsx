// What one tells of oneself, to whom, and how this client looks and speaks.

import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { LANGUAGES, speak } from "../app/i18n";
import { useMutation } from "../app/mutation";
import { changed } from "../app/session";
import { choose, type Theme, theme } from "../app/theme";
import { Answer, Button, ButtonLink, Card, Field, Notice, Row, Stack } from "../app/ui";
import { say } from "../app/ui/toasts";
import css from "./account.module.css";
import { Choices, Search, Select } from "./controls";
import { Picture } from "./Picture";
import { useReason, useTold } from "./reason";

type Mine = Schemas["OwnProfileOut"];
type Patch = Schemas["ProfilePatch"];

const LONGEST_BIO = 500;
const ZONES = Intl.supportedValuesOf("timeZone").map((id) => ({ id, name: id.replaceAll("_", " ") }));
const PROFILE = ["get", "/api/v1/profile"] as const;

/** Sends a change, and shows everywhere what the server made of it. */
export function usePatch() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (patch: Patch) => body(api.PATCH("/api/v1/profile", { body: patch })),
    onSuccess: (mine) => {
      changed({ name: mine.name, locale: mine.locale, time_zone: mine.time_zone });
      return client.invalidateQueries({ queryKey: PROFILE });
    },
  });
}

export function Profile() {
  const mine = queries.useQuery("get", "/api/v1/profile");
  return (
    <Answer of={mine} lines={6}>
      {(profile) => (
        <Stack>
          <Told key={profile.user_id} mine={profile} />
          <Handle mine={profile} />
          <Seen mine={profile} />
          <Looks mine={profile} />
        </Stack>
      )}
    </Answer>
  );
}

function Told({ mine }: { mine: Mine }) {
  const { t } = useTranslation();
  const reason = useReason();
  const [name, setName] = useState(mine.name);
  const [bio, setBio] = useState(mine.bio);
  const patch = usePatch();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    patch.mutate({ name, bio }, { onSuccess: () => say(t("act.saved")) });
  };
  const isNew = name !== mine.name || bio !== mine.bio;
  return (
    <Card aria-label={t("account.about_me")}>
      <form onSubmit={submit}>
        <Stack>
          <Row between><h2>{t("account.about_me")}</h2><ButtonLink small look="quiet" href="/profile">{t("account.see")}</ButtonLink></Row>
          <Picture of={mine} />
          <Field label={t("field.name")} autoComplete="name" isRequired value={name} onChange={setName} maxLength={80} />
          <Field label={t("account.bio")} lines={4} value={bio} onChange={setBio} maxLength={LONGEST_BIO} hint={t("account.bio_hint", { left: LONGEST_BIO - bio.length })} />
          {patch.error && <Notice tone="bad">{reason(patch.error)}</Notice>}
          <Row><Button look="primary" type="submit" isDisabled={!isNew} data-busy={patch.isPending || undefined}>{t("act.save")}</Button></Row>
        </Stack>
      </form>
    </Card>
  );
}

function Handle({ mine }: { mine: Mine }) {
  const { t } = useTranslation();
  const reason = useReason();
  const format = useFormat();
  const client = useQueryClient();
  const [handle, setHandle] = useState(mine.handle ?? "");
  const take = useMutation({
    mutationFn: () => body(api.PUT("/api/v1/profile/handle", { body: { handle } })),
    onSuccess: (found) => {
      client.setQueryData([...PROFILE, undefined], found);
      say(t("act.saved"));
      return client.invalidateQueries({ queryKey: PROFILE });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    take.mutate();
  };
  const locked = mine.handle !== null && mine.handle_changeable_at !== null && new Date(mine.handle_changeable_at) > new Date();
  return (
    <Card aria-label={t("account.handle")}>
      <form onSubmit={submit}>
        <Stack>
          <h2>{t("account.handle")}</h2>
          <Field
            label={t("account.handle")} hint={locked ? t("account.handle_locked", { date: format.date(mine.handle_changeable_at ?? "") }) : t("account.handle_hint")}
            value={handle} onChange={setHandle} isRequired minLength={3} maxLength={30} isDisabled={locked} error={take.error ? reason(take.error) : undefined} autoComplete="off"
          />
          {!locked && <Row><Button type="submit" isDisabled={handle === (mine.handle ?? "")} data-busy={take.isPending || undefined}>{t("account.handle_take")}</Button></Row>}
        </Stack>
      </form>
    </Card>
  );
}

function Seen({ mine }: { mine: Mine }) {
  const { t } = useTranslation();
  const tell = useTold();
  const patch = usePatch();
  const choices = (["public", "friends", "private"] as const).map((id) => ({ id, name: t(`account.visibility.${id}`), about: t(`account.visibility.${id}_about`) }));
  return (
    <Card aria-label={t("account.privacy")}>
      <Stack>
        <h2>{t("account.privacy")}</h2>
        <Choices
          label={t("account.who_sees")} choices={choices} value={patch.isPending ? (patch.variables.visibility ?? mine.visibility) : mine.visibility}
          onChange={(id) => patch.mutate({ visibility: id as Schemas["Visibility"] }, { onError: tell })}
        />
        <Row><ButtonLink small href="/friends/blocked">{t("account.blocked")}</ButtonLink></Row>
      </Stack>
    </Card>
  );
}

function Looks({ mine }: { mine: Mine }) {
  const { t, i18n } = useTranslation();
  const tell = useTold();
  const patch = usePatch();
  const [look, setLook] = useState<Theme>(theme());
  const language = (id: string) => {
    void speak(id, { remember: true });
    // What is written to somebody is in their language, too; a region that they had stays.
    if (mine.locale.split("-")[0] !== id) patch.mutate({ locale: id }, { onError: tell });
  };
  const show = (id: string) => {
    choose(id as Theme);
    setLook(id as Theme);
  };
  // What somebody has is offered, too: "UTC" is on no list.
  const zones = ZONES.some(({ id }) => id === mine.time_zone) ? ZONES : [{ id: mine.time_zone, name: mine.time_zone }, ...ZONES];
  return (
    <Card aria-label={t("account.here")}>
      <Stack>
        <h2>{t("account.here")}</h2>
        <div className={css.two}>
          <Select label={t("account.language")} choices={Object.entries(LANGUAGES).map(([id, name]) => ({ id, name }))} value={i18n.language} onChange={language} />
          <Select label={t("account.theme")} choices={(["system", "light", "dark"] as const).map((id) => ({ id, name: t(`account.themes.${id}`) }))} value={look} onChange={show} />
        </div>
        <Search label={t("account.time_zone")} choices={zones} value={mine.time_zone} onChange={(time_zone) => time_zone !== mine.time_zone && patch.mutate({ time_zone }, { onError: tell, onSuccess: () => say(t("act.saved")) })} />
      </Stack>
    </Card>
  );
}
