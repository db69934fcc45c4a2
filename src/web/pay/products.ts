import { queries } from "../app/api";

/** The country that somebody's documents are made out to; empty where they have not said. */
export function useCountry(): string {
  return queries.useQuery("get", "/api/v1/billing/customer").data?.country ?? "";
}

export const useProducts = () => queries.useQuery("get", "/api/v1/products", { params: { query: { limit: 100 } } });
