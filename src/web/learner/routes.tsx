import type { RouteObject } from "react-router";

export const learnerRoutes: RouteObject[] = [];

/** Without the frame around it. */
export const playerRoutes: RouteObject[] = [];
