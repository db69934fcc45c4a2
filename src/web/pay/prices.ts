// Which of a product's prices are somebody's, as the server chooses: their country's before those for everywhere, and
// its first currency.

import { queries, type Schemas } from "../app/api";

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

/** The country that somebody's documents are made out to; empty where they have not said. */
export function useCountry(): string {
  return queries.useQuery("get", "/api/v1/billing/customer").data?.country ?? "";
}

export const useProducts = (key?: string) => queries.useQuery("get", "/api/v1/products", { params: { query: { limit: 100, ...(key ? { key } : {}) } } });
