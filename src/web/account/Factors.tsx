// The second factor: an authenticator app, and the codes for the day that it is lost.

import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, queries, type Schemas } from "../app/api";
import { useMutation } from "../app/mutation";
import { Answer, Button, Card, Chip, Dialog, Field, Notice, Row, Stack } from "../app/ui";
import css from "./account.module.css";
import { Copy } from "./controls";
import { useReason, useTold, worthAWord } from "./reason";
import { proven } from "./stepup";

export function Factors() {
  const { t } = useTranslation();
  const tell = useTold();
  const factors = queries.useQuery("get", "/api/v1/auth/factors");
  const [setup, setSetup] = useState<Schemas["TotpOut"] | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const begin = useMutation({ mutationFn: () => proven(() => body(api.POST("/api/v1/auth/totp"))), onError: tell, onSuccess: setSetup });
  const end = useMutation({ mutationFn: () => proven(() => api.DELETE("/api/v1/auth/totp")), onError: tell, onSuccess: () => factors.refetch() });
  const renew = useMutation({
    mutationFn: () => proven(() => body(api.POST("/api/v1/auth/recovery-codes"))),
    onError: tell,
    onSuccess: (found) => {
      setCodes(found.codes);
      return factors.refetch();
    },
  });
  const confirmed = (found: string[]) => {
    setSetup(null);
    setCodes(found);
    void factors.refetch();
  };
  return (
    <Card aria-label={t("security.factors")}>
      <Stack>
        <div className={css.what}><h2>{t("security.factors")}</h2><small>{t("security.factors_about")}</small></div>
        <Answer of={factors} lines={2}>
          {(found) => (
            <div className={css.lines}>
              <div className={css.line}>
                <span className={css.what}><b>{t("security.app")}</b></span>
                <Chip tone={found.totp ? "good" : "neutral"}>{t(found.totp ? "security.on" : "security.off")}</Chip>
                {found.totp ? (
                  <Button small look="danger" data-busy={end.isPending || undefined} onPress={() => end.mutate()}>{t("security.app_remove")}</Button>
                ) : (
                  <Button small look="primary" data-busy={begin.isPending || undefined} onPress={() => begin.mutate()}>{t("security.app_set")}</Button>
                )}
              </div>
              {found.wanted && (
                <div className={css.line}>
                  <span className={css.what}><b>{t("security.codes")}</b><small>{t("security.codes_left", { count: found.recovery_codes })}</small></span>
                  <Button small data-busy={renew.isPending || undefined} onPress={() => renew.mutate()}>{t("security.codes_new")}</Button>
                </div>
              )}
            </div>
          )}
        </Answer>
      </Stack>
      <Dialog title={t("security.app_set")} isOpen={setup !== null} onClose={() => setSetup(null)}>{setup && <Setup setup={setup} onDone={confirmed} />}</Dialog>
      <Dialog title={t("security.codes")} isOpen={codes !== null} onClose={() => setCodes(null)}><RecoveryCodes codes={codes ?? []} onDone={() => setCodes(null)} /></Dialog>
    </Card>
  );
}

function Setup({ setup, onDone }: { setup: Schemas["TotpOut"]; onDone: (codes: string[]) => void }) {
  const { t } = useTranslation();
  const reason = useReason();
  const [code, setCode] = useState("");
  const confirm = useMutation({ mutationFn: () => proven(() => body(api.POST("/api/v1/auth/totp/confirm", { body: { code: code.trim() } }))), onSuccess: (found) => onDone(found.codes) });
  const error = worthAWord(confirm.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    confirm.mutate();
  };
  return (
    <Stack>
      <p>{t("security.app_scan")}</p>
      <Row>
        {/* As a picture: nothing within it can act. */}
        <div className={css.qr}><img alt={t("security.app_qr")} src={`data:image/svg+xml,${encodeURIComponent(setup.qr_svg)}`} /></div>
        <div className={css.what}><small>{t("security.app_type")}</small><span role="group" aria-label={t("security.app_key")} className={css.secret}>{setup.secret}</span><a href={setup.uri}>{t("security.app_open")}</a></div>
      </Row>
      <form onSubmit={submit}>
        <Stack>
          <Field autoFocus label={t("entry.app_code")} inputMode="numeric" autoComplete="one-time-code" isRequired value={code} onChange={setCode} maxLength={20} />
          {error && <Notice tone="bad">{reason(error)}</Notice>}
          <Button look="primary" wide type="submit" data-busy={confirm.isPending || undefined}>{t("security.app_on")}</Button>
        </Stack>
      </form>
    </Stack>
  );
}

/** Shown once. */
export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const { t } = useTranslation();
  const text = codes.join("\n");
  return (
    <Stack>
      <p>{t("security.codes_about")}</p>
      <ul className={css.codes}>{codes.map((code) => <li key={code}>{code}</li>)}</ul>
      <Row>
        <Copy text={text} />
        <a href={`data:text/plain,${encodeURIComponent(text)}`} download="lyceum-codes.txt">{t("security.save_file")}</a>
      </Row>
      <Button look="primary" wide onPress={onDone}>{t("security.codes_kept")}</Button>
    </Stack>
  );
}
