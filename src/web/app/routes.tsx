// Which screen is at which address. Screens are fetched when they are first opened.

import type { RouteObject } from "react-router";
import { accountRoutes, frontRoutes } from "../account/routes";
import { authorRoutes } from "../author/routes";
import { gameRoutes } from "../game/routes";
import { learnerRoutes, playerRoutes } from "../learner/routes";
import { operatorRoutes } from "../operator/routes";
import { payRoutes } from "../pay/routes";
import { socialRoutes } from "../social/routes";
import { Broken, Nowhere } from "./shell/Broken";
import { More, Shell } from "./shell/Shell";

export const routes: RouteObject[] = [
  {
    ErrorBoundary: Broken,
    children: [
      ...frontRoutes,
      ...playerRoutes,
      {
        Component: Shell,
        children: [
          {
            ErrorBoundary: Broken,
            children: [
              ...learnerRoutes,
              ...socialRoutes,
              ...accountRoutes,
              ...gameRoutes,
              ...payRoutes,
              ...authorRoutes,
              ...operatorRoutes,
              { path: "/more", Component: More },
              { path: "*", Component: Nowhere },
            ],
          },
        ],
      },
    ],
  },
];
