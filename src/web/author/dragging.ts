// Where a node of the tree may be dropped, and where it stands then. Pure.

import type { Tree } from "./draft";

export type Kind = "section" | "unit" | "lesson";

export interface Branch {
  id: string;
  kind: Kind;
  title: string;
  etag: string;
  parentId: string | null;
  /** Among its siblings, from 0. */
  place: number;
  exercises: number | null;
  form: string | null;
  children: readonly Branch[];
}

export const ABOVE: Record<Kind, Kind | null> = { section: null, unit: "section", lesson: "unit" };
export const BELOW: Record<Kind, Kind | null> = { section: "unit", unit: "lesson", lesson: null };

export function branches(tree: Tree): Branch[] {
  return tree.sections.map((section, place) => ({
    ...named(section, "section", null, place),
    children: section.units.map((unit, at) => ({
      ...named(unit, "unit", section.id, at),
      children: unit.lessons.map((lesson, nth) => ({ ...named(lesson, "lesson", unit.id, nth), exercises: lesson.exercises, form: lesson.form })),
    })),
  }));
}

/** Without `key`, which lists of React Aria would take for their own. */
function named({ id, title, etag }: { id: string; title: string; etag: string }, kind: Kind, parentId: string | null, place: number): Branch {
  return { id, kind, title, etag, parentId, place, exercises: null, form: null, children: [] };
}

export function byId(all: readonly Branch[], found = new Map<string, Branch>()): Map<string, Branch> {
  for (const one of all) {
    found.set(one.id, one);
    byId(one.children, found);
  }
  return found;
}

export interface Place {
  parentId: string | null;
  position: number;
}

/** Undefined where it cannot stand. Positions are those after the move. */
export function placeFor(moved: Branch, target: Branch, where: "before" | "after" | "on"): Place | undefined {
  if (where === "on") return ABOVE[moved.kind] === target.kind ? { parentId: target.id, position: target.children.length } : undefined;
  if (moved.kind !== target.kind) return undefined;
  const gap = target.place + (where === "after" ? 1 : 0);
  const leaves = moved.parentId === target.parentId && moved.place < gap;
  return { parentId: target.parentId, position: leaves ? gap - 1 : gap };
}
