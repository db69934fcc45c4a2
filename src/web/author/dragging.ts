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
  isLast: boolean;
  exercises: number | null;
  form: string | null;
  children: readonly Branch[];
}

export const ABOVE: Record<Kind, Kind | null> = { section: null, unit: "section", lesson: "unit" };
export const BELOW: Record<Kind, Kind | null> = { section: "unit", unit: "lesson", lesson: null };

export function branches(tree: Tree): Branch[] {
  return named(tree.sections, "section", null, (section) => ({
    children: named(section.units, "unit", section.id, (unit) => ({
      children: named(unit.lessons, "lesson", unit.id, ({ exercises, form }) => ({ exercises, form })),
    })),
  }));
}

/** Without `key`, which lists of React Aria would take for their own. */
function named<T extends { id: string; title: string; etag: string }>(all: readonly T[], kind: Kind, parentId: string | null, besides: (one: T) => Partial<Branch>): Branch[] {
  return all.map((one, place) => ({ id: one.id, kind, title: one.title, etag: one.etag, parentId, place, isLast: place === all.length - 1, exercises: null, form: null, children: [], ...besides(one) }));
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

type Section = Tree["sections"][number];
type Unit = Section["units"][number];

/** The tree with one of its nodes elsewhere. */
export function moved(tree: Tree, id: string, { parentId, position }: Place): Tree {
  const { sections } = tree;
  if (parentId === null) return { ...tree, sections: placed(sections, sections.find((one) => one.id === id), position) };
  const units = sections.flatMap((one) => one.units);
  const unit = units.find((one) => one.id === id);
  const lesson = units.flatMap((one) => one.lessons).find((one) => one.id === id);
  const inUnit = (one: Unit): Unit => ({ ...one, lessons: placed(one.lessons, lesson, one.id === parentId ? position : null) });
  const inSection = (one: Section): Section => ({ ...one, units: placed(one.units, unit, one.id === parentId ? position : null).map(inUnit) });
  return { ...tree, sections: sections.map(inSection) };
}

/** Without `what`, or with it at `position`. */
function placed<T extends { id: string }>(all: readonly T[], what: T | undefined, position: number | null): T[] {
  const others = all.filter((one) => one.id !== what?.id);
  return what === undefined || position === null ? others : [...others.slice(0, position), what, ...others.slice(position)];
}
