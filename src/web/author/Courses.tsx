// Courses that somebody works on, what they were asked to join, and the way to a new one.

import { useMutation } from "../app/mutation";
import { FileUp, Images, Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { api, body, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useLogin } from "../app/session";
import { Button, ButtonLink, Card, Chip, css as ui, Dialog, Empty, explain, Failed, Field, Loading, Notice, Row, Stack } from "../app/ui";
import { say, useComplaint } from "../app/ui/toasts";
import css from "./author.module.css";
import { PAGES, useRefresh } from "./draft";
import { Begin, Imports } from "./files/Imports";
import { Language } from "./form/Language";

type Mine = Schemas["MyCourseOut"];

export function Courses() {
  const { t } = useTranslation();
  const roles = useLogin((login) => login.user?.roles ?? []);
  const writes = roles.some((role) => role === "author" || role === "admin");
  const [everything, setEverything] = useState(false);
  const [opens, setOpens] = useState<"course" | "import" | null>(null);
  const courses = queries.useInfiniteQuery("get", "/api/v1/authoring/courses", { params: { query: { everything } } }, PAGES);
  const items = courses.data?.pages.flatMap((page) => page.items);
  return (
    <div className={css.content}>
      <header className={css.head}>
        <div><h1>{t("author.courses")}</h1><p className={css.soft}>{t("author.courses_lead")}</p></div>
        <Row>
          <ButtonLink look="quiet" href="/author/media"><Images aria-hidden size={18} />{t("author.media.title")}</ButtonLink>
          {writes && <Button onPress={() => setOpens("import")}><FileUp aria-hidden size={18} />{t("author.import.begin")}</Button>}
          {writes && <Button look="primary" onPress={() => setOpens("course")}><Plus aria-hidden size={18} />{t("author.new_course")}</Button>}
        </Row>
      </header>
      <Asked />
      {roles.includes("admin") && <label className={css.check}><input type="checkbox" checked={everything} onChange={(event) => setEverything(event.target.checked)} />{t("author.everything")}</label>}
      {items === undefined ? courses.error ? <Failed error={courses.error} retry={() => void courses.refetch()} /> : <Loading lines={4} /> : items.length === 0 ? (
        <Empty title={t("author.no_course")}><p>{t(writes ? "author.no_course_detail" : "author.not_author")}</p></Empty>
      ) : (
        <ul className={css.courses}>{items.map((course) => <li key={course.id}><CourseCard course={course} /></li>)}</ul>
      )}
      {courses.hasNextPage && <Button onPress={() => void courses.fetchNextPage()} isDisabled={courses.isFetchingNextPage}>{t("author.more")}</Button>}
      <Imports />
      <NewCourse isOpen={opens === "course"} onClose={() => setOpens(null)} />
      <Begin isOpen={opens === "import"} onClose={() => setOpens(null)} />
    </div>
  );
}

function CourseCard({ course }: { course: Mine }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Card className={css.course ?? ""}>
      <h2><Link to={`/author/${course.id}`}>{course.title}</Link></h2>
      <p className={css.soft}>{t("author.changed_at", { when: format.relative(course.updated_at) })}{course.role && ` · ${t(`author.role.${course.role}`)}`}</p>
      <Row>
        {course.published ? <Chip tone="good">{t("author.published")}</Chip> : <Chip>{t("author.unpublished")}</Chip>}
        {course.state === "in_review" && <Chip tone="warn">{t("author.in_review")}</Chip>}
        {course.published && course.changed && <Chip tone="warn">{t("author.has_changes")}</Chip>}
        {course.retired_at && <Chip tone="bad">{t("author.retired")}</Chip>}
      </Row>
    </Card>
  );
}

function Asked() {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const complain = useComplaint();
  const asked = queries.useQuery("get", "/api/v1/authoring/invitations");
  const answer = useMutation({
    mutationFn: ({ id, accept }: { id: string; accept: boolean }) => api.POST("/api/v1/authoring/invitations/{invitation_id}/answer", { params: { path: { invitation_id: id } }, body: { accept } }),
    onSuccess: async () => {
      await Promise.all([asked.refetch(), refresh()]);
    },
    onError: complain,
  });
  if (!asked.data?.items.length) return null;
  return (
    <section className={ui.stack} aria-label={t("author.asked")}>
      {asked.data.items.map((one) => (
        <Card key={one.id}>
          <Row between>
            <p>{t(`author.asked_as.${one.role}`, { name: one.by?.name ?? t("author.somebody"), title: one.title })}</p>
            <Row>
              <Button look="primary" small isDisabled={answer.isPending} onPress={() => answer.mutate({ id: one.id, accept: true })}>{t("author.join")}</Button>
              <Button look="quiet" small isDisabled={answer.isPending} onPress={() => answer.mutate({ id: one.id, accept: false })}>{t("author.decline")}</Button>
            </Row>
          </Row>
        </Card>
      ))}
    </section>
  );
}

function NewCourse({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const [title, setTitle] = useState("");
  const [spoken, setSpoken] = useState(i18n.language);
  const [taught, setTaught] = useState("");
  const make = useMutation({
    mutationFn: () => body(api.POST("/api/v1/authoring/courses", { body: { title, source_language: spoken, target_language: taught || spoken } })),
    onSuccess: (course) => {
      say(t("author.course_made"));
      void navigate(`/author/${course.id}`);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <Dialog title={t("author.new_course")} isOpen={isOpen} onClose={onClose}>
      <form onSubmit={submit}>
        <Stack>
          <Field label={t("author.field.title")} autoFocus isRequired maxLength={200} value={title} onChange={setTitle} />
          <Language label={t("author.field.target_language")} hint={t("author.no_language")} value={taught} onChange={setTaught} />
          <Language label={t("author.field.source_language")} value={spoken} onChange={setSpoken} isRequired />
          {make.error && <Notice tone="bad">{explain(make.error, t)}</Notice>}
          <Row><Button type="submit" look="primary" isDisabled={make.isPending}>{t("author.make_course")}</Button><Button look="quiet" onPress={onClose}>{t("author.cancel")}</Button></Row>
        </Stack>
      </form>
    </Dialog>
  );
}
