// Which course somebody is learning now: the one that was opened last on this device, or else the one learned last.

import { queries, type Schemas } from "../app/api";

const KEY = "lyceum.course";

export type CourseProgress = Schemas["CourseProgressOut"];

export function remember(courseId: string): void {
  localStorage.setItem(KEY, courseId);
}

export function currentOf(courses: readonly CourseProgress[]): CourseProgress | undefined {
  const opened = localStorage.getItem(KEY);
  const lately = [...courses].sort((one, other) => (other.active_at ?? other.enrolled_at).localeCompare(one.active_at ?? one.enrolled_at));
  return courses.find((course) => course.course_id === opened) ?? lately[0];
}

export const useMyCourses = () => queries.useQuery("get", "/api/v1/progress");

export const useCourse = (courseId: string) =>
  queries.useQuery("get", "/api/v1/courses/{course_id}", { params: { path: { course_id: courseId } } });

export const useCourseProgress = (courseId: string) =>
  queries.useQuery("get", "/api/v1/progress/courses/{course_id}", { params: { path: { course_id: courseId } } });
