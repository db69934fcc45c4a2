// Beginning to learn: a lesson, or a session that looks back.

import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api, body, onceKey, type Schemas } from "../app/api";
import { useComplaint } from "../app/ui/toasts";

export type Session = Schemas["LearningSessionOut"];
type CourseSession = Schemas["CourseSessionIn"];

const once = () => ({ "Idempotency-Key": onceKey() });

export function beginLesson(lessonId: string): Promise<Session> {
  return body(api.POST("/api/v1/lessons/{lesson_id}/sessions", { params: { path: { lesson_id: lessonId }, header: once() }, body: {} }));
}

export function beginCourseSession(courseId: string, wanted: CourseSession): Promise<Session> {
  return body(api.POST("/api/v1/courses/{course_id}/sessions", { params: { path: { course_id: courseId }, header: once() }, body: wanted }));
}

export async function enrol(courseId: string): Promise<void> {
  await api.POST("/api/v1/courses/{course_id}/enrollments", { params: { path: { course_id: courseId } } });
}

/** Begins what is asked for and goes there. */
export function useBeginning<T>(begin: (wanted: T) => Promise<Session>) {
  const navigate = useNavigate();
  return useMutation({
    mutationFn: begin,
    onSuccess: (session) => navigate(`/lesson/${session.id}`, { state: { session } }),
    onError: useComplaint(),
  });
}
