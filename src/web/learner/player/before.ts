// How things stood before a session and after it, to tell what it brought.

import { useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "../../app/api";

export interface Standing {
  quests: Schemas["QuestOut"][];
  /** In the league of this week, from 1; null where there is none yet. */
  rank: number | null;
}

export interface Awarded {
  goal: boolean;
  achievements: { key: string; level: number }[];
}

/** Never raises: what is not known is not celebrated. */
async function standing(): Promise<Standing> {
  const [quests, board] = await Promise.allSettled([body(api.GET("/api/v1/quests")), body(api.GET("/api/v1/leaderboards/current", { params: { query: { or_null: true } } }))]);
  const league = board.status === "fulfilled" ? board.value : null;
  return {
    quests: quests.status === "fulfilled" ? quests.value.quests : [],
    rank: league?.entries.find((line) => line.user_id === league.you)?.rank ?? null,
  };
}

export const useStanding = (sessionId: string, when: "before" | "after") =>
  useQuery({
    queryKey: ["learning", "standing", sessionId, when],
    queryFn: standing,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

/** Quests that moved, those that are done now first. */
export function moved(before: Standing, after: Standing): { quest: Schemas["QuestOut"]; by: number; isDone: boolean }[] {
  const known = new Map(before.quests.map((quest) => [quest.key, quest]));
  return after.quests
    .map((quest) => ({ quest, by: quest.progress - (known.get(quest.key)?.progress ?? 0), isDone: quest.progress >= quest.target }))
    .filter(({ quest, by, isDone }) => by > 0 && !(isDone && quest.claimed))
    .sort((one, other) => Number(other.isDone) - Number(one.isDone));
}
