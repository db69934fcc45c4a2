import type { ComponentType } from "react";
import type { RouteObject } from "react-router";
import { texts } from "../app/i18n";

/** A screen with the texts of this part. */
function screen(path: string, load: () => Promise<ComponentType>): RouteObject {
  return { path, lazy: async () => ({ Component: (await Promise.all([load(), texts("learner")]))[0] }) };
}

export const learnerRoutes: RouteObject[] = [
  screen("/learn", async () => (await import("./Learn")).Learn),
  screen("/learn/:courseId", async () => (await import("./Learn")).Learn),
  screen("/learn/:courseId/reading/:lessonId", async () => (await import("./Reading")).Reading),
  screen("/courses", async () => (await import("./Courses")).Courses),
  screen("/courses/:courseId", async () => (await import("./Course")).Course),
  screen("/practice", async () => (await import("./practice/Practice")).Practice),
  screen("/practice/words", async () => (await import("./practice/Words")).Words),
  screen("/practice/skills", async () => (await import("./practice/Skills")).Skills),
  screen("/practice/deck", async () => (await import("./practice/Deck")).Deck),
  screen("/practice/history", async () => (await import("./practice/Past")).Past),
];

/** Without the frame around it: nothing else is on the screen while somebody learns. */
export const playerRoutes: RouteObject[] = [
  {
    lazy: async () => ({ Component: (await import("./Alone")).Alone }),
    children: [
      screen("/lesson/:sessionId", async () => (await import("./player/Player")).Player),
      screen("/review/:courseId", async () => (await import("./practice/Cards")).Cards),
    ],
  },
];
