// What the screens of one course share: the draft as it stands now, and hearing of changes that others make.

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useOutletContext } from "react-router";
import { queries, Refusal, type Schemas } from "../app/api";
import { useFrame, useRoom } from "../app/live";
import type { Schema } from "./form/schema";

export type Draft = Schemas["AuthoredCourseOut"];
/** What is in `node` depends on its kind: forms go by schemas. */
export type Node = Omit<Schemas["NodeOut"], "node"> & { node: unknown };
export type Tree = Schemas["DraftTreeOut"];
export type NodeKind = "section" | "unit" | "lesson" | "exercise";

export const useDraft = () => useOutletContext<Draft>();

export const ofCourse = (course_id: string) => ({ params: { path: { course_id } } });
export const ofNode = (course_id: string, node_id: string) => ({ params: { path: { course_id, node_id } } });

export const useTree = (courseId: string) => queries.useQuery("get", "/api/v1/authoring/courses/{course_id}/tree", ofCourse(courseId));

/** How a list goes on: for `useInfiniteQuery`. */
export const PAGES = {
  pageParamName: "cursor",
  initialPageParam: null as string | null | undefined,
  getNextPageParam: (page: { next_cursor: string | null }) => page.next_cursor ?? undefined,
};

/** Somebody else was faster. */
export const isStale = (error: unknown) => error instanceof Refusal && error.status === 412;

/** Asks anew for everything that tells of drafts. */
export function useRefresh(): () => Promise<void> {
  const client = useQueryClient();
  return () => client.invalidateQueries({ predicate: ({ queryKey }) => typeof queryKey[1] === "string" && (queryKey[1].startsWith("/api/v1/authoring/courses") || queryKey[1].includes("/reports")) });
}

/** While the component is there, what others do to the draft shows by itself. */
export function useOthers(courseId: string, version: number | undefined, onChange?: (nodeId: string | null, byId: string | null) => void): void {
  const refresh = useRefresh();
  const latest = useRef({ version, onChange });
  useEffect(() => {
    latest.current = { version, onChange };
  });
  useRoom("draft", { course_id: courseId });
  useFrame("draft.changed", (frame) => {
    if (frame.course_id !== courseId || frame.version <= (latest.current.version ?? 0)) return;
    void refresh();
    latest.current.onChange?.(frame.node_id, frame.by_id);
  });
}

const TEXTS: Schema = { type: "array", items: { type: "string" } };
const PHRASES: Schema = { type: "array", items: { type: "object", properties: { target: TEXTS, source: TEXTS }, required: ["target", "source"] } };
const MEDIA: Schema = { type: "string", pattern: "^sha256:" };
const IMAGE: Schema = { title: "Image", type: "object", properties: { media: MEDIA, alt: { type: "string", maxLength: 500 } }, required: ["media"] };
const AUDIO: Schema = { title: "Audio", type: "object", properties: { media: MEDIA, slow: MEDIA }, required: ["media"] };
const TITLE: Schema = { type: "string", maxLength: 200 };
const LONG: Schema = { type: "string", maxLength: 20_000 };

/** What goes with an exercise of any kind. */
export const BESIDE: Schema = { type: "object", properties: { hints: TEXTS, explanation: LONG, image: IMAGE, audio: AUDIO, skills: TEXTS } };
export const LESSON: Schema = {
  type: "object",
  properties: {
    title: TITLE,
    form: { type: "string", enum: ["lesson", "deck"], default: "lesson" },
    preview: { type: "boolean" },
    text: LONG,
    words: PHRASES,
    sentences: PHRASES,
    materials: { type: "array", items: { type: "object", properties: { title: TITLE, media: MEDIA }, required: ["title", "media"] } },
  },
  required: ["title", "form"],
};
export const UNIT: Schema = { type: "object", properties: { title: TITLE, introduction: LONG }, required: ["title"] };
export const COURSE: Schema = {
  type: "object",
  properties: {
    title: TITLE,
    source_language: { type: "string", maxLength: 35 },
    target_language: { type: "string", maxLength: 35 },
    description: LONG,
    level: { type: "string", enum: ["", "A1", "A2", "B1", "B2", "C1", "C2"], default: "" },
    image: IMAGE,
    categories: TEXTS,
    topics: TEXTS,
    tags: TEXTS,
    special_characters: TEXTS,
    skills: { type: "array", items: { type: "object", properties: { key: TITLE, title: TITLE }, required: ["key", "title"] } },
    prerequisites: TEXTS,
    licence: { type: "object", properties: { name: { type: "string" }, url: { type: "string" } }, required: ["name"] },
    repository: { type: "string", maxLength: 500 },
    dictionary: { type: "array", items: { type: "object", properties: { language: { type: "string" }, word: { type: "string" }, meanings: TEXTS }, required: ["language", "word", "meanings"] } },
  },
  required: ["title", "source_language", "target_language"],
};
