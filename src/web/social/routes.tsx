import type { RouteObject } from "react-router";
import { screen } from "../account/screen";

export const socialRoutes: RouteObject[] = [
  {
    path: "/friends",
    lazy: screen(async () => (await import("./Friends")).Friends),
    children: [
      { index: true, lazy: screen(async () => (await import("./Friends")).MyFriends) },
      { path: "requests", lazy: screen(async () => (await import("./Friends")).Requests) },
      { path: "following", lazy: screen(async () => (await import("./Friends")).Following) },
      { path: "find", lazy: screen(async () => (await import("./Friends")).Find) },
      { path: "blocked", lazy: screen(async () => (await import("./Friends")).Blocked) },
    ],
  },
  { path: "/people/:who", lazy: screen(async () => (await import("./PersonPage")).PersonPage) },
  { path: "/profile", lazy: screen(async () => (await import("./PersonPage")).Profile) },
  { path: "/feed", lazy: screen(async () => (await import("./Feed")).Feed) },
  { path: "/notifications", lazy: screen(async () => (await import("./Inbox")).Inbox) },
];
