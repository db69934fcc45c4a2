import type { RouteObject } from "react-router";

export const authorRoutes: RouteObject[] = [];
