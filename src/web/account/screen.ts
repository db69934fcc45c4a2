import type { ComponentType } from "react";
import type { RouteObject } from "react-router";
import { texts } from "../app/i18n";

/** A screen that is fetched when it is first opened, together with the texts of this part. */
export function screen(fetched: () => Promise<ComponentType>): NonNullable<RouteObject["lazy"]> {
  return async () => {
    const [Component] = await Promise.all([fetched(), texts("people")]);
    return { Component };
  };
}
