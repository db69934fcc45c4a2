import type { RouteObject } from "react-router";

export const payRoutes: RouteObject[] = [];
