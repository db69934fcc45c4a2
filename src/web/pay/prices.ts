// Which of a product's prices are somebody's, as the server chooses: their country's before those for everywhere, and
// its first currency.

import type { Schemas } from "../app/api";

export type Product = Schemas["ProductOut"];
export type Price = Schemas["PriceOut"];

/** One for each interval; a product that is no plan has one. */
export function ownPrices(product: Product, country: string): Price[] {
  const here = product.prices.filter((price) => price.country === null || price.country === country);
  const first = here.find((price) => price.country === country) ?? here[0];
  const found = new Map<string | null, Price>();
  for (const price of here.filter((one) => one.currency === first?.currency)) {
    if (!found.has(price.interval) || price.country) found.set(price.interval, price);
  }
  return [...found.values()].sort((one, other) => one.amount_minor - other.amount_minor);
}

const COURSE = "course:";
/** Gives every course. */
export const ALL_COURSES = "courses:*";

export function courseKey(courseId: string): string {
  return `${COURSE}${courseId}`;
}

/** The course that the keys give; undefined where they give another thing, or all. */
export function courseOf(keys: readonly string[]): string | undefined {
  return keys.find((key) => key.startsWith(COURSE))?.slice(COURSE.length);
}
