// This week's board, kept up to date while a screen is there that shows it.

import { useQueryClient } from "@tanstack/react-query";
import { queries } from "../../app/api";
import { useFrame, useRoom } from "../../app/live";
import { type Board, type Entry, moved, shownAnew } from "../newest";

const CURRENT = "/api/v1/leaderboards/current";
const OR_NULL = { params: { query: { or_null: true } } };

/** Null before the first XP of the week, and for whoever wants no leagues. */
export function useLiveBoard() {
  const queryClient = useQueryClient();
  const board = queries.useQuery("get", CURRENT, OR_NULL);
  const key = queries.queryOptions("get", CURRENT, OR_NULL).queryKey;
  const change = (leagueId: string, change: (board: Board) => Board) =>
    queryClient.setQueryData<Board | null>(key, (known) => (known?.id === leagueId ? change(known) : known));
  const id = board.data?.id;
  useRoom("league", id ? { league_id: id } : null, () => void board.refetch());
  useFrame("league.snapshot", (frame) => change(frame.league_id, (known) => shownAnew(known, frame.version, frame.entries as Entry[], frame.you)));
  useFrame("league.changed", (frame) => change(frame.league_id, (known) => moved(known, frame.version, frame.entries as Entry[])));
  // The first XP of a week enters a league.
  useFrame("lesson.completed", () => {
    if (!id) void board.refetch();
  });
  return board;
}
