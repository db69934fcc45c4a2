import type { ComponentType } from "react";
import type { RouteObject } from "react-router";
import { texts } from "../app/i18n";

/** A screen with the texts of this part, and of the questions that it shares with accounts. */
function screen(fetched: () => Promise<ComponentType>): NonNullable<RouteObject["lazy"]> {
  return async () => {
    const [Component] = await Promise.all([fetched(), texts("operator"), texts("people")]);
    return { Component };
  };
}

export const operatorRoutes: RouteObject[] = [
  {
    path: "/admin",
    lazy: screen(async () => (await import("./Operator")).Operator),
    children: [
      { index: true, lazy: screen(async () => (await import("./Overview")).Overview) },
      { path: "people", lazy: screen(async () => (await import("./People")).People) },
      { path: "people/:userId", lazy: screen(async () => (await import("./person/Person")).Person) },
      { path: "reports", lazy: screen(async () => (await import("./Reports")).Reports) },
      { path: "tickets", lazy: screen(async () => (await import("./Tickets")).Tickets) },
      { path: "tickets/:ticketId", lazy: screen(async () => (await import("./Ticket")).Ticket) },
      { path: "orders", lazy: screen(async () => (await import("./Orders")).Orders) },
      { path: "orders/:orderId", lazy: screen(async () => (await import("./Order")).Order) },
      { path: "sale", lazy: screen(async () => (await import("./sale/Sale")).Sale) },
      { path: "webhooks", lazy: screen(async () => (await import("./Webhooks")).Webhooks) },
      { path: "jobs", lazy: screen(async () => (await import("./Jobs")).Jobs) },
      { path: "announcements", lazy: screen(async () => (await import("./Announcements")).Announcements) },
      { path: "mail", lazy: screen(async () => (await import("./Mail")).Mail) },
      { path: "flags", lazy: screen(async () => (await import("./Flags")).Flags) },
      { path: "audit", lazy: screen(async () => (await import("./Audit")).Audit) },
    ],
  },
];
