// A list that comes in pages.

import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Answer, Button, Row } from "../app/ui";

interface Paged<T> {
  data: { pages: { items: T[] }[] } | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** How the API's pages follow one another, for `queries.useInfiniteQuery`. */
export const BY_CURSOR = {
  pageParamName: "cursor",
  initialPageParam: null as string | null,
  getNextPageParam: (page: { next_cursor: string | null }) => page.next_cursor,
};

export function Pages<T>({ of, empty, children }: { of: Paged<T>; empty: ReactNode; children: (items: T[]) => ReactNode }) {
  const { t } = useTranslation();
  return (
    <Answer of={of}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items);
        // A page may hold less than was asked for and yet not be the last.
        if (!items.length && !of.hasNextPage) return empty;
        return (
          <>
            {children(items)}
            {of.hasNextPage && <Row><Button isDisabled={of.isFetchingNextPage} onPress={() => of.fetchNextPage()}>{t("act.more")}</Button></Row>}
          </>
        );
      }}
    </Answer>
  );
}
