// A lesson that is read: text, and files that come with it.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { FileText } from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { api, body } from "../app/api";
import { useMutation } from "../app/mutation";
import { Answer, Button, Loading, Stack } from "../app/ui";
import { useComplaint } from "../app/ui/toasts";
import { beginLesson, useBeginning } from "./beginning";
import { useCourse } from "./current";
import css from "./learn.module.css";
import { changed } from "./offline/waiting";
import { spoken } from "./spoken";

const Explanation = lazy(() => import("./player/Explanation"));

export function Reading() {
  const { t } = useTranslation();
  const { courseId = "", lessonId = "" } = useParams();
  const navigate = useNavigate();
  const client = useQueryClient();
  const complain = useComplaint();
  const course = useCourse(courseId);
  const begin = useBeginning(beginLesson);
  const page = useQuery({ queryKey: ["get", "/api/v1/lessons/{lesson_id}", lessonId], queryFn: () => body(api.GET("/api/v1/lessons/{lesson_id}", { params: { path: { lesson_id: lessonId } } })) });
  const viewed = useMutation({
    mutationFn: () => api.POST("/api/v1/progress/lessons/{lesson_id}", { params: { path: { lesson_id: lessonId } } }),
    onSuccess: () => {
      changed(client);
      void navigate(`/learn/${courseId}`);
    },
    onError: complain,
  });
  const language = course.data?.source_language ?? "";
  return (
    <Answer of={page} lines={6}>
      {(lesson) => (
        <Stack>
          <h1 {...spoken(language)}>{lesson.title}</h1>
          <div className={css.reading}><Suspense fallback={<Loading />}><Explanation text={lesson.text} language={language} /></Suspense></div>
          {lesson.materials.length > 0 && (
            <ul className={css.rows} aria-label={t("reading.materials")}>
              {lesson.materials.map(({ title, url }) => <li key={url} className={css.rowLine}><a href={url} target="_blank" rel="noreferrer"><FileText aria-hidden size={18} /> {title}</a></li>)}
            </ul>
          )}
          <div>
            {lesson.exercises > 0 ? (
              <Button look="primary" isDisabled={begin.isPending} onPress={() => begin.mutate(lessonId)}>{t("learn.start")}</Button>
            ) : (
              <Button look="primary" isDisabled={viewed.isPending} onPress={() => viewed.mutate()}>{t("reading.done")}</Button>
            )}
          </div>
        </Stack>
      )}
    </Answer>
  );
}
