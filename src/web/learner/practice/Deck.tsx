// A course as a deck of Anki: taken along with what I remember of it, and brought back.

import { useQueryClient } from "@tanstack/react-query";
import { Download, Upload } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { FileTrigger } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useMutation } from "../../app/mutation";
import { Bar, Button, Card, css as ui, explain, Notice, Row, Stack } from "../../app/ui";
import { useComplaint } from "../../app/ui/toasts";
import { download } from "../../app/download";
import css from "../learn.module.css";
import { changed } from "../offline/waiting";
import { bring, type Brought } from "./sending";
import { OfCourse } from "./Practice";

/** As the server takes it. */
const LARGEST_BYTES = 20_000_000;
const SHOWN_REMARKS = 20;

export function Deck() {
  const { t } = useTranslation();
  return <OfCourse title={t("deck.title")}>{(course) => <Stack><Taking courseId={course.course_id} /><Bringing courseId={course.course_id} /></Stack>}</OfCourse>;
}

function Taking({ courseId }: { courseId: string }) {
  const { t } = useTranslation();
  const take = useMutation({ mutationFn: () => download(`/api/v1/courses/${courseId}/deck`, `${courseId}.apkg`), onError: useComplaint() });
  return (
    <Card className={css.choice ?? ""}>
      <Row><Download aria-hidden size={26} /><h2>{t("deck.take")}</h2></Row>
      <p>{t("deck.take_about")}</p>
      <div><Button isDisabled={take.isPending} onPress={() => take.mutate()}>{t(take.isPending ? "deck.making" : "deck.save")}</Button></div>
    </Card>
  );
}

function Bringing({ courseId }: { courseId: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [share, setShare] = useState(0);
  const going = useRef<AbortController | null>(null);
  useEffect(() => () => going.current?.abort(), []);
  const send = useMutation({
    mutationFn: (deck: File) => {
      going.current = new AbortController();
      setShare(0);
      return bring({ courseId, deck, onProgress: setShare, signal: going.current.signal });
    },
    onSuccess: () => changed(client),
  });
  const isTooLarge = send.isError && (send.variables?.size ?? 0) > LARGEST_BYTES;
  const isStopped = going.current?.signal.aborted;
  return (
    <Card className={css.choice ?? ""}>
      <Row><Upload aria-hidden size={26} /><h2>{t("deck.bring")}</h2></Row>
      <p>{t("deck.bring_about")}</p>
      <div className={ui.stack} aria-live="polite">
        {send.isPending ? (
          <>
            <p>{t(share < 1 ? "deck.sending" : "deck.reading", { name: send.variables.name })}</p>
            <Bar share={share} label={t("deck.sending", { name: send.variables.name })} />
            <div><Button small onPress={() => going.current?.abort()}>{t("deck.stop")}</Button></div>
          </>
        ) : (
          <div><FileTrigger acceptedFileTypes={[".apkg"]} onSelect={(files) => files?.[0] && send.mutate(files[0])}><Button look="primary">{t("deck.choose")}</Button></FileTrigger></div>
        )}
        {send.isError && !isStopped && <Notice tone="bad">{isTooLarge ? t("deck.too_large") : explain(send.error, t)}</Notice>}
        {send.data && <Report brought={send.data} />}
      </div>
    </Card>
  );
}

function Report({ brought }: { brought: Brought }) {
  const { t } = useTranslation();
  const hidden = brought.remarks.length - SHOWN_REMARKS;
  return (
    <Notice tone={brought.items ? "good" : "warn"}>
      <p><strong>{t("deck.scheduled", { count: brought.items })}</strong> {brought.items > 0 && t("deck.changed", { count: brought.new })}</p>
      {brought.unknown > 0 && <p>{t("deck.unknown", { count: brought.unknown })}</p>}
      {brought.remarks.length > 0 && (
        <details>
          <summary>{t("deck.remarks", { count: brought.remarks.length })}</summary>
          <ul className={css.remarks}>{brought.remarks.slice(0, SHOWN_REMARKS).map((remark, place) => <li key={place} lang="en">{remark}</li>)}</ul>
          {hidden > 0 && <p>{t("deck.remarks_more", { count: hidden })}</p>}
        </details>
      )}
    </Notice>
  );
}
