// What the API of courses tells in servers that have media, more kinds of exercises and search; absent in others.
// Each type here goes when the generated schema has it.

import type { Client } from "openapi-fetch";
import { api, type Schemas } from "../app/api";

export interface Picture {
  url: string;
  alt: string;
}

export interface Recording {
  url: string;
  /** The same, spoken slowly. */
  slow_url: string | null;
}

interface PromptIn<K extends string> {
  kind: K;
  language: string;
}

export interface DialogueTurn {
  speaker: string;
  /** Null where it is the learner's turn. */
  text: string | null;
  audio: Recording | null;
  /** Empty where the turn is typed. */
  options: string[];
  cue: string;
}

export type ComingPrompt =
  | (PromptIn<"true_false"> & { text: string })
  | (PromptIn<"pick_picture"> & { text: string; pictures: { id: string; image: Picture }[] })
  | (PromptIn<"listen_type"> & { audio: Recording })
  | (PromptIn<"listen_tap"> & { audio: Recording; words: string[] })
  | (PromptIn<"speak"> & { text: string })
  | (PromptIn<"dialogue"> & { cue_language: string; turns: DialogueTurn[] })
  | (PromptIn<"short_answer"> & { text: string; answer_language: string })
  | (PromptIn<"flashcard"> & { text: string; back: string[]; answer_language: string; note: string; back_image: Picture | null; back_audio: Recording | null })
  | (PromptIn<"essay"> & { text: string; answer_language: string; least_words: number; most_words: number });

/** Of a pair's left side, where it is no text. */
export interface ComingPairs {
  images?: Record<string, Picture>;
  audio?: Record<string, Recording>;
  text?: string;
}

export interface ComingExercise {
  /** From the weakest to the strongest. */
  hints?: string[];
  image?: Picture | null;
  audio?: Recording | null;
}

export interface ComingGrade {
  /** In Markdown. */
  explanation?: string;
  feedback?: string;
}

export interface ComingCourse {
  image?: Picture | null;
  level?: string;
  topics?: string[];
  tags?: string[];
}

export type ComingCard = { note?: string; image?: Picture | null; audio?: Recording | null; back_image?: Picture | null; back_audio?: Recording | null };

export interface LessonPage {
  id: string;
  course_id: string;
  title: string;
  /** Markdown. */
  text: string;
  materials: { title: string; url: string }[];
  exercises: number;
}

export interface Facet {
  value: string;
  courses: number;
}

export interface Facets {
  total: number;
  levels: Facet[];
  categories: Facet[];
  source_languages: Facet[];
  target_languages: Facet[];
  tags: Facet[];
  topics: Facet[];
}

export interface CourseFilter {
  q?: string;
  sort?: "title" | "newest" | "popular" | "relevance";
  source_language?: string;
  target_language?: string;
  level?: string[];
  topic?: string;
}

export interface Found {
  kind: "course" | "lesson";
  id: string;
  title: string;
  course: { id: string; title: string; source_language: string; target_language: string };
}

interface Reading<Q, B> {
  parameters: { query?: Q; header?: never; path?: never; cookie?: never };
  get: { parameters: { query?: Q; header?: never; path?: never; cookie?: never }; responses: { 200: { headers: Record<string, unknown>; content: { "application/json": B } } } };
}

interface ReadingOne<P extends string, B> {
  parameters: { query?: never; header?: never; path: Record<P, string>; cookie?: never };
  get: { parameters: { query?: never; header?: never; path: Record<P, string>; cookie?: never }; responses: { 200: { headers: Record<string, unknown>; content: { "application/json": B } } } };
}

interface ComingPaths {
  "/api/v1/courses": Reading<CourseFilter & { limit?: number; cursor?: string }, Schemas["CoursePage"]>;
  "/api/v1/courses/facets": Reading<CourseFilter, Facets>;
  "/api/v1/search": Reading<{ q: string; limit?: number; kind?: "course" | "lesson" }, { items: Found[]; mended: boolean; searched_for: string[] }>;
  "/api/v1/lessons/{lesson_id}": ReadingOne<"lesson_id", LessonPage>;
}

export const coming = api as unknown as Client<ComingPaths>;
