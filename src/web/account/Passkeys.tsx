// One's passkeys: made, named, asked for as a second factor, removed.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useMutation } from "../app/mutation";
import { Answer, Button, Card, Dialog, Row, Stack } from "../app/ui";
import { say } from "../app/ui/toasts";
import css from "./account.module.css";
import { Switch } from "./controls";
import { knowsPasskeys, madePasskey } from "./entering";
import { RecoveryCodes } from "./Factors";
import { useTold } from "./reason";
import { proven } from "./stepup";

type Passkey = Schemas["PasskeyOut"];

export function Passkeys() {
  const { t } = useTranslation();
  const tell = useTold();
  const found = queries.useQuery("get", "/api/v1/auth/passkeys");
  const make = useMutation({
    mutationFn: async () => {
      const { public_key } = await proven(() => body(api.POST("/api/v1/auth/passkeys/options")));
      const passkey = await madePasskey(public_key);
      return proven(() => api.POST("/api/v1/auth/passkeys", { body: { passkey } }));
    },
    onError: tell,
    onSuccess: () => {
      say(t("security.passkey_made"));
      return found.refetch();
    },
  });
  // Where somebody tries this on their own machine by its number.
  const named = location.href.replace("//127.0.0.1", "//localhost");
  return (
    <Card aria-label={t("security.passkeys")}>
      <Stack>
        <div className={css.what}><h2>{t("security.passkeys")}</h2><small>{t("security.passkeys_about")}</small></div>
        <Answer of={found} lines={2}>
          {({ items }) => <>{items.length > 0 && <ul className={css.lines}>{items.map((passkey) => <Line key={passkey.id} passkey={passkey} />)}</ul>}</>}
        </Answer>
        {knowsPasskeys() ? (
          <Row><Button data-busy={make.isPending || undefined} onPress={() => make.mutate()}>{t("security.passkey_make")}</Button></Row>
        ) : (
          <p className={css.soft}>{named === location.href ? t("security.passkey_unknown") : <a href={named}>{t("security.passkey_localhost")}</a>}</p>
        )}
      </Stack>
    </Card>
  );
}

function Line({ passkey: { id: passkey_id, name, created_at, last_used_at, second_factor } }: { passkey: Passkey }) {
  const { t } = useTranslation();
  const format = useFormat();
  const tell = useTold();
  const client = useQueryClient();
  const [codes, setCodes] = useState<string[] | null>(null);
  const params = { path: { passkey_id } };
  const again = () => client.invalidateQueries({ predicate: ({ queryKey: [, path] }) => path === "/api/v1/auth/passkeys" || path === "/api/v1/auth/factors" });
  const change = useMutation({
    mutationFn: (wanted: boolean) => proven(() => body(api.PATCH("/api/v1/auth/passkeys/{passkey_id}", { params, body: { second_factor: wanted } }))),
    onError: tell,
    onSuccess: ({ recovery_codes }) => {
      setCodes(recovery_codes);
      return again();
    },
  });
  const remove = useMutation({ mutationFn: () => proven(() => api.DELETE("/api/v1/auth/passkeys/{passkey_id}", { params })), onError: tell, onSuccess: again });
  return (
    <li className={css.line}>
      <span className={css.what}>
        <b>{name}</b>
        <small>{last_used_at ? t("security.used", { when: format.relative(last_used_at) }) : t("security.since", { date: format.date(created_at) })}</small>
      </span>
      <Switch label={t("security.passkey_second")} isOn={second_factor} onChange={(wanted) => change.mutate(wanted)} />
      <Button small look="danger" aria-label={t("security.passkey_remove", { name })} data-busy={remove.isPending || undefined} onPress={() => remove.mutate()}>{t("act.remove")}</Button>
      <Dialog title={t("security.codes")} isOpen={codes !== null} onClose={() => setCodes(null)}><RecoveryCodes codes={codes ?? []} onDone={() => setCodes(null)} /></Dialog>
    </li>
  );
}
