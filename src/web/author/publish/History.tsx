// All that was ever published, what was done when, and the way back.

import { useMutation } from "../../app/mutation";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, queries, type Schemas } from "../../app/api";
import { useFormat } from "../../app/format";
import { Button, Chip, Dialog, Empty, Failed, Field, Loading, Row, Stack } from "../../app/ui";
import { say, useComplaint } from "../../app/ui/toasts";
import css from "../author.module.css";
import { ofCourse, PAGES, useDraft, useRefresh } from "../draft";
import { Changes } from "./Changes";

type Revision = Schemas["RevisionOut"];
type Wish = { is: "compare" | "back"; revision: Revision } | { is: "retire" | "unretire" };

export function History() {
  const { t } = useTranslation();
  const format = useFormat();
  const draft = useDraft();
  const [wish, setWish] = useState<Wish | null>(null);
  const revisions = queries.useInfiniteQuery("get", "/api/v1/authoring/courses/{course_id}/revisions", { params: { path: { course_id: draft.id }, query: {} } }, PAGES);
  const mine = queries.useQuery("get", "/api/v1/authoring/courses", { params: { query: { limit: 100 } } });
  const isRetired = Boolean(mine.data?.items.find((one) => one.id === draft.id)?.retired_at);
  const items = revisions.data?.pages.flatMap((page) => page.items);
  const owns = draft.may_publish;
  return (
    <>
      <header className={css.head}>
        <div><h1>{t("author.place.history")}</h1><p className={css.soft}>{t("author.history_lead")}</p></div>
        {owns && items && items.length > 0 && <Button onPress={() => setWish({ is: isRetired ? "unretire" : "retire" })}>{t(isRetired ? "author.unretire" : "author.retire")}</Button>}
      </header>
      {items === undefined ? revisions.error ? <Failed error={revisions.error} retry={() => void revisions.refetch()} /> : <Loading /> : items.length === 0 ? <Empty title={t("author.no_revision")} /> : (
        <ul className={css.list}>
          {items.map((revision) => (
            <li key={revision.id} className={css.listLine}>
              <span>
                <b>{t("author.revision", { number: revision.number })}</b> {revision.current && <Chip tone="good">{t("author.current")}</Chip>}
                <span className={css.softLine}>{format.time(revision.published_at)}{revision.by && ` · ${revision.by.name ?? t("author.somebody")}`}{revision.note && ` · ${revision.note}`}</span>
              </span>
              <Row>
                <Button small onPress={() => setWish({ is: "compare", revision })}>{t("author.compare")}</Button>
                {owns && !revision.current && <Button small onPress={() => setWish({ is: "back", revision })}>{t("author.roll_back")}</Button>}
              </Row>
            </li>
          ))}
        </ul>
      )}
      {revisions.hasNextPage && <Button onPress={() => void revisions.fetchNextPage()}>{t("author.more")}</Button>}
      <Log courseId={draft.id} />
      {wish?.is === "compare" && <Dialog title={t("author.compared", { number: wish.revision.number })} isOpen onClose={() => setWish(null)}><Changes courseId={draft.id} before={String(wish.revision.number)} /></Dialog>}
      {wish && wish.is !== "compare" && <Doing courseId={draft.id} etag={draft.etag} wish={wish} onClose={() => setWish(null)} />}
    </>
  );
}

function Doing({ courseId, etag, wish, onClose }: { courseId: string; etag: string; wish: Exclude<Wish, { is: "compare" }>; onClose: () => void }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const complain = useComplaint();
  const [note, setNote] = useState("");
  const [resets, setResets] = useState(false);
  const act = useMutation({
    mutationFn: async () => {
      if (wish.is === "back" && "revision" in wish) await api.POST("/api/v1/authoring/courses/{course_id}/rollback", { params: { path: { course_id: courseId }, ...(resets ? { header: { "If-Match": etag } } : {}) }, body: { number: wish.revision.number, reset_draft: resets, note } });
      else if (wish.is === "retire") await api.POST("/api/v1/authoring/courses/{course_id}/retire", { ...ofCourse(courseId), body: { note } });
      else await api.POST("/api/v1/authoring/courses/{course_id}/unretire", { ...ofCourse(courseId), body: { note } });
    },
    onSuccess: async () => {
      say(t(`author.done.${wish.is}`));
      onClose();
      await refresh();
    },
    onError: complain,
  });
  const title = wish.is === "back" && "revision" in wish ? t("author.roll_back_to", { number: wish.revision.number }) : t(`author.${wish.is}`);
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); act.mutate(); }}>
        <Stack>
          <p>{t(`author.step_detail.${wish.is}`)}</p>
          {wish.is === "back" && <label className={css.check}><input type="checkbox" checked={resets} onChange={(event) => setResets(event.target.checked)} />{t("author.reset_draft")}</label>}
          <Field label={t("author.note")} lines={2} maxLength={2000} value={note} onChange={setNote} />
          <Row><Button type="submit" look={wish.is === "unretire" ? "primary" : "danger"} isDisabled={act.isPending}>{title}</Button><Button look="quiet" onPress={onClose}>{t("author.cancel")}</Button></Row>
        </Stack>
      </form>
    </Dialog>
  );
}

function Log({ courseId }: { courseId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const lines = queries.useInfiniteQuery("get", "/api/v1/authoring/courses/{course_id}/log", { params: { path: { course_id: courseId }, query: {} } }, PAGES);
  const items = lines.data?.pages.flatMap((page) => page.items) ?? [];
  if (items.length === 0) return null;
  return (
    <section className={css.section} aria-label={t("author.log")}>
      <h2>{t("author.log")}</h2>
      <ul className={css.list}>
        {items.map((line) => (
          <li key={line.id} className={css.listLine}>
            <span><b>{t(`author.action.${line.action}`, { defaultValue: line.action })}</b>{line.number !== null && ` · ${t("author.revision", { number: line.number })}`}<span className={css.softLine}>{line.by ? line.by.name ?? t("author.somebody") : t("author.machine")} · {format.time(line.at)}</span>{line.note && <span className={css.softLine} dir="auto">{line.note}</span>}</span>
          </li>
        ))}
      </ul>
      {lines.hasNextPage && <Button onPress={() => void lines.fetchNextPage()}>{t("author.more")}</Button>}
    </section>
  );
}
