import type { RouteObject } from "react-router";
import { screen } from "./screen";
import { Welcome } from "./Welcome";

/** Of a visitor: without the frame of somebody who is logged in. */
export const frontRoutes: RouteObject[] = [
  { path: "/", Component: Welcome },
  { path: "/login", lazy: screen(async () => (await import("./Login")).Login) },
  { path: "/register", lazy: screen(async () => (await import("./Register")).Register) },
];

export const accountRoutes: RouteObject[] = [
  { path: "/account/keep", lazy: screen(async () => (await import("./Keep")).Keep) },
  {
    path: "/account",
    lazy: screen(async () => (await import("./Account")).Account),
    children: [
      { index: true, lazy: screen(async () => (await import("./Profile")).Profile) },
      { path: "learning", lazy: screen(async () => (await import("./Learning")).Learning) },
      { path: "security", lazy: screen(async () => (await import("./Security")).Security) },
      { path: "notifications", lazy: screen(async () => (await import("./Notifications")).Notifications) },
      { path: "data", lazy: screen(async () => (await import("./Data")).Data) },
      { path: "keys", lazy: screen(async () => (await import("./Keys")).Keys) },
      // Where the mail leads that a copy is ready.
      { path: "exports", lazy: screen(async () => (await import("./Data")).Data) },
    ],
  },
];
