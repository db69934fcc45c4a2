import type { RouteObject } from "react-router";

export const socialRoutes: RouteObject[] = [];
