// A league's board as it is now. Invariant: frames replace only what is older; the order is that of the ranks.

import { useQueryClient } from "@tanstack/react-query";
import { queries, type Schemas } from "../../app/api";
import { useFrame, useRoom } from "../../app/live";

export type Board = Schemas["Board"];
export type Entry = Schemas["BoardEntry"];

const CURRENT = "/api/v1/leaderboards/current";

/** This week's board, kept up to date while the screen is there. */
export function useLiveBoard() {
  const queryClient = useQueryClient();
  const board = queries.useQuery("get", CURRENT);
  const key = queries.queryOptions("get", CURRENT).queryKey;
  const change = (leagueId: string, change: (board: Board) => Board) =>
    queryClient.setQueryData<Board>(key, (known) => (known?.id === leagueId ? change(known) : known));
  const id = board.data?.id;
  useRoom("league", id ? { league_id: id } : null, () => void board.refetch());
  useFrame("league.snapshot", (frame) => {
    change(frame.league_id, (known) => ({ ...known, version: frame.version, entries: frame.entries as Entry[], you: frame.you }));
  });
  useFrame("league.changed", (frame) => change(frame.league_id, (known) => moved(known, frame.version, frame.entries as Entry[])));
  // The first XP of a week enters a league.
  useFrame("lesson.completed", () => {
    if (!id) void board.refetch();
  });
  return board;
}

/** With the lines that moved; as it was, where it is newer than they. */
export function moved(board: Board, version: number, lines: readonly Entry[]): Board {
  if (version < board.version) return board;
  const entries = new Map(board.entries.map((entry) => [entry.user_id, entry]));
  for (const line of lines) entries.set(line.user_id, line);
  return { ...board, version, entries: [...entries.values()].sort((one, other) => one.rank - other.rank) };
}
