// What a course says of itself.

import { useMutation } from "../app/mutation";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, body, type Schemas } from "../app/api";
import { Button, Card, Dialog, Row } from "../app/ui";
import { say, useComplaint } from "../app/ui/toasts";
import css from "./author.module.css";
import { COURSE, type Draft, ofCourse, useDraft, useRefresh } from "./draft";
import { SaveBar, useWriting, type Version } from "./edit/writing";
import { Form } from "./form/Form";
import { cleaned, type Values } from "./form/schema";

const versionOf = ({ course, etag, updated_at }: Draft): Version => ({ values: course as unknown as Values, etag, at: updated_at });
/** What is left out stays, so that what was emptied has to be said. */
const EMPTIED: Values = { description: "", licence: null, repository: "", special_characters: [], dictionary: [], level: "", categories: [], topics: [], tags: [], skills: [], prerequisites: [], image: null };

export function About() {
  const { t } = useTranslation();
  const draft = useDraft();
  const writing = useWriting({
    loaded: versionOf(draft),
    save: async (values, etag) => {
      const fields = { ...EMPTIED, ...(cleaned(values, COURSE, {}) as Values) } as unknown as Schemas["CoursePatch"];
      return versionOf(await body(api.PATCH("/api/v1/authoring/courses/{course_id}", { params: { ...ofCourse(draft.id).params, header: { "If-Match": etag } }, body: fields })));
    },
    fetch: async () => versionOf(await body(api.GET("/api/v1/authoring/courses/{course_id}", ofCourse(draft.id)))),
  });
  return (
    <>
      <header className={css.head}><div><h1>{t("author.place.about")}</h1><p className={css.soft}>{t("author.address_of", { slug: draft.slug })}</p></div></header>
      <Card><Form schema={COURSE} value={writing.values} onChange={writing.put} told={writing.told} courseId={draft.id} isReadOnly={!draft.may_edit} /></Card>
      {draft.may_edit && <SaveBar of={writing} />}
      {draft.role === "owner" && <Remove draft={draft} />}
    </>
  );
}

function Remove({ draft }: { draft: Draft }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const refresh = useRefresh();
  const complain = useComplaint();
  const [asks, setAsks] = useState(false);
  const remove = useMutation({
    mutationFn: () => api.DELETE("/api/v1/authoring/courses/{course_id}", ofCourse(draft.id)),
    onSuccess: async () => {
      say(t("author.course_deleted"));
      await navigate("/author");
      await refresh();
    },
    onError: complain,
  });
  return (
    <div>
      <Button look="quiet" onPress={() => setAsks(true)}>{t("author.delete_course")}</Button>
      <Dialog title={t("author.delete_course")} isOpen={asks} onClose={() => setAsks(false)}>
        <p>{t("author.delete_course_detail", { title: draft.course.title })}</p>
        <Row><Button look="danger" isDisabled={remove.isPending} onPress={() => remove.mutate()}>{t("author.delete")}</Button><Button look="quiet" onPress={() => setAsks(false)}>{t("author.cancel")}</Button></Row>
      </Dialog>
    </div>
  );
}
