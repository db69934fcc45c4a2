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
    ...section, kind: "section", parentId: null, place, exercises: null, form: null,
    children: section.units.map((unit, at) => ({
      ...unit, kind: "unit", parentId: section.id, place: at, exercises: null, form: null,
      children: unit.lessons.map((lesson, nth) => ({ ...lesson, kind: "lesson", parentId: unit.id, place: nth, children: [] })),
    })),
  }));
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
