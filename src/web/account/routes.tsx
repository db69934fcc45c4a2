import type { RouteObject } from "react-router";
import { Welcome } from "./Welcome";

/** Of a visitor: without the frame of somebody who is logged in. */
export const frontRoutes: RouteObject[] = [
  { path: "/", Component: Welcome },
  { path: "/login", lazy: async () => ({ Component: (await import("./Login")).Login }) },
  { path: "/register", lazy: async () => ({ Component: (await import("./Register")).Register }) },
];

export const accountRoutes: RouteObject[] = [];
