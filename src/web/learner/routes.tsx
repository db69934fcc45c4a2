import type { RouteObject } from "react-router";

export const learnerRoutes: RouteObject[] = [
  { path: "/learn", lazy: async () => ({ Component: (await import("./Learn")).Learn }) },
  { path: "/learn/:courseId", lazy: async () => ({ Component: (await import("./Learn")).Learn }) },
  { path: "/courses", lazy: async () => ({ Component: (await import("./Courses")).Courses }) },
  { path: "/courses/:courseId", lazy: async () => ({ Component: (await import("./Course")).Course }) },
  { path: "/practice", lazy: async () => ({ Component: (await import("./Practice")).Practice }) },
];

/** Without the frame around it: nothing else is on the screen while somebody learns. */
export const playerRoutes: RouteObject[] = [
  { path: "/lesson/:sessionId", lazy: async () => ({ Component: (await import("./player/Player")).Player }) },
];
