import type { ComponentType } from "react";
import type { RouteObject } from "react-router";
import { texts } from "../app/i18n";

/** A screen with the texts of this part, and of the player that shows what is written. */
function screen(fetched: () => Promise<ComponentType>): NonNullable<RouteObject["lazy"]> {
  return async () => {
    const [Component] = await Promise.all([fetched(), texts("author"), texts("learner")]);
    return { Component };
  };
}

export const authorRoutes: RouteObject[] = [
  { path: "/author", lazy: screen(async () => (await import("./Courses")).Courses) },
  { path: "/author/media", lazy: screen(async () => (await import("./media/Library")).Library) },
  { path: "/author/imports/:importId", lazy: screen(async () => (await import("./files/Import")).Import) },
  {
    path: "/author/:courseId",
    lazy: screen(async () => (await import("./Course")).Course),
    children: [
      { index: true, lazy: screen(async () => (await import("./Tree")).Tree) },
      { path: "lesson/:nodeId", lazy: screen(async () => (await import("./edit/Lesson")).Lesson) },
      { path: "unit/:nodeId", lazy: screen(async () => (await import("./edit/Unit")).Unit) },
      { path: "exercise/:nodeId", lazy: screen(async () => (await import("./edit/Exercise")).Exercise) },
      { path: "about", lazy: screen(async () => (await import("./About")).About) },
      { path: "publish", lazy: screen(async () => (await import("./publish/Publish")).Publish) },
      { path: "history", lazy: screen(async () => (await import("./publish/History")).History) },
      { path: "remarks", lazy: screen(async () => (await import("./Remarks")).Remarks) },
      { path: "people", lazy: screen(async () => (await import("./People")).People) },
      { path: "reports", lazy: screen(async () => (await import("./Reports")).Reports) },
      { path: "files", lazy: screen(async () => (await import("./files/Files")).Files) },
    ],
  },
];
