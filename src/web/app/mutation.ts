// What somebody does. Invariant: the same call is under way once, so that a second click sends nothing; a button that is
// disabled by the first one's state is so a moment too late.

import { type DefaultError, hashKey, useMutation as useAnyMutation, type UseMutationOptions, type UseMutationResult } from "@tanstack/react-query";
import { useCallback, useRef } from "react";

interface UnderWay<Data> {
  variables: unknown;
  done: Promise<Data>;
}

/** As React Query's, but where the last call had the same variables and is not answered yet, a call is that one. */
export function useMutation<Data = unknown, Failure = DefaultError, Variables = void, Context = unknown>(
  options: UseMutationOptions<Data, Failure, Variables, Context>,
): UseMutationResult<Data, Failure, Variables, Context> {
  const mutation = useAnyMutation(options);
  const underWay = useRef<UnderWay<Data> | null>(null);
  const begin = mutation.mutateAsync;
  const mutateAsync = useCallback(
    (...given: Parameters<typeof begin>) => {
      const [variables] = given;
      if (underWay.current && isSame(underWay.current.variables, variables)) return underWay.current.done;
      const mine: UnderWay<Data> = { variables, done: begin(...given) };
      underWay.current = mine;
      const end = () => {
        if (underWay.current === mine) underWay.current = null;
      };
      mine.done.then(end, end);
      return mine.done;
    },
    [begin],
  );
  const mutate = useCallback(
    // Whoever is to know of a failure is told by `onError`.
    (...given: Parameters<typeof begin>) => void mutateAsync(...given).catch(() => undefined),
    [mutateAsync],
  );
  return { ...mutation, mutate, mutateAsync };
}

/** Files are the same only if they are one: they have no members to compare. */
function isSame(one: unknown, other: unknown): boolean {
  return Object.is(one, other) || (!(one instanceof Blob || other instanceof Blob) && hashKey([one]) === hashKey([other]));
}

const DOUBLE_CLICK_MS = 350;

/** For what takes its own button away: the second click of a double one must not hit what comes into its place. */
export async function unhurried<T>(work: Promise<T>): Promise<T> {
  const [done] = await Promise.all([work, new Promise((resolve) => setTimeout(resolve, DOUBLE_CLICK_MS))]);
  return done;
}
