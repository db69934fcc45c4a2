import type { ComponentType } from "react";
import type { RouteObject } from "react-router";
import { texts } from "../app/i18n";

/** A screen, fetched together with the texts of this part. */
const screen = (load: () => Promise<ComponentType>) => async () => {
  const [Component] = await Promise.all([load(), texts("game")]);
  return { Component };
};

export const gameRoutes: RouteObject[] = [
  { path: "/league", lazy: screen(async () => (await import("./league/League")).League) },
  { path: "/league/:leagueId", lazy: screen(async () => (await import("./league/PastLeague")).PastLeague) },
  { path: "/quests", lazy: screen(async () => (await import("./Quests")).Quests) },
  { path: "/achievements", lazy: screen(async () => (await import("./Achievements")).Achievements) },
  { path: "/shop", lazy: screen(async () => (await import("./Shop")).Shop) },
  { path: "/streak", lazy: screen(async () => (await import("./Streak")).Streak) },
  { path: "/recap", lazy: screen(async () => (await import("./Recap")).Recap) },
  { path: "/classes", lazy: screen(async () => (await import("./classes/Classes")).Classes) },
  { path: "/classes/:classroomId", lazy: screen(async () => (await import("./classes/Class")).Class) },
];
