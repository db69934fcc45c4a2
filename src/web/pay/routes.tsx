import type { ComponentType } from "react";
import type { RouteObject } from "react-router";
import { texts } from "../app/i18n";

/** A screen, fetched together with the texts of this part. */
const screen = (load: () => Promise<ComponentType>) => async () => {
  const [Component] = await Promise.all([load(), texts("pay")]);
  return { Component };
};

export const payRoutes: RouteObject[] = [
  { path: "/payments", lazy: screen(async () => (await import("./Payments")).Payments) },
  { path: "/payments/offers", lazy: screen(async () => (await import("./Offers")).Offers) },
  { path: "/payments/courses/:courseId", lazy: screen(async () => (await import("./CourseOffers")).CourseOffers) },
  { path: "/payments/products/:productId", lazy: screen(async () => (await import("./Checkout")).Checkout) },
  { path: "/payments/details", lazy: screen(async () => (await import("./Details")).Details) },
  { path: "/payments/subscriptions/:subscriptionId", lazy: screen(async () => (await import("./Subscription")).Subscription) },
  { path: "/payments/:orderId", lazy: screen(async () => (await import("./Order")).Order) },
];
