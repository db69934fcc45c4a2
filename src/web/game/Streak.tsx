// The streak: how it stands, the days behind it, the goal of a day, and streaks that are kept with friends.

import { useQueryClient } from "@tanstack/react-query";
import { Flame, Snowflake } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useFrame } from "../app/live";
import { useMutation } from "../app/mutation";
import { Answer, Button, ButtonLink, Card, Chip, Notice, Row, Stack } from "../app/ui";
import { useComplaint } from "../app/ui/toasts";
import css from "./game.module.css";
import { Goals } from "./Goals";
import { AskFriend } from "./Quests";
import { StreakCalendar } from "./StreakCalendar";

export function Streak() {
  const { t } = useTranslation();
  const streak = queries.useQuery("get", "/api/v1/streak");
  useFrame("lesson.completed", () => void streak.refetch());
  return (
    <Stack>
      <Row between><h1>{t("game.streak.title")}</h1><ButtonLink small href="/recap">{t("game.recap.title")}</ButtonLink></Row>
      <Answer of={streak} lines={5}>
        {(now) => (
          <div className={css.columns}>
            <Stack>
              <Now streak={now} />
              <StreakCalendar today={now.today} />
            </Stack>
            <Stack>
              <Goals />
              <Freezes streak={now} />
              <Friends />
            </Stack>
          </div>
        )}
      </Answer>
    </Stack>
  );
}

function Now({ streak: { current, longest, state, repair, next_milestone: next, kept_so_far: kept } }: { streak: Schemas["StreakOut"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const days = (count: number) => t("game.streak.days", { count, shown: format.number(count) });
  return (
    <Card>
      <Stack>
        <div className={css.big}>
          <span className={css.icon} data-dim={current === 0}><Flame aria-hidden size={28} /></span>
          <div>
            <p><span className={css.bigNumber}>{format.number(current)}</span> {t("game.streak.in_a_row", { count: current })}</p>
            <p className={css.soft}>{t("game.streak.longest", { days: days(longest) })}</p>
          </div>
        </div>
        <Notice tone={state === "done" ? "good" : state === "at_risk" || state === "lost" ? "warn" : "neutral"}>{t(`game.streak.state_${state}`)}</Notice>
        {kept.length > 0 && <p>{t("game.streak.kept", { days: kept.map((on) => format.date(`${on}T12:00:00`)).join(", ") })}</p>}
        {repair && (
          <Notice tone="warn">
            {t("game.streak.repair", { count: repair.days, days: days(repair.days), done: repair.sessions, needed: repair.sessions_needed, date: format.date(`${repair.until}T12:00:00`) })}
          </Notice>
        )}
        {next && <p className={css.soft}>{t("game.streak.next", { days: days(next.days), gems: format.number(next.gems) })}</p>}
        {state !== "done" && <div><ButtonLink look="primary" href="/practice">{t("game.streak.practise")}</ButtonLink></div>}
      </Stack>
    </Card>
  );
}

function Freezes({ streak }: { streak: Schemas["StreakOut"] }) {
  const { t } = useTranslation();
  return (
    <Card>
      <Stack>
        <Row between>
          <h2>{t("game.streak.freezes")}</h2>
          <span className={css.gems}><Snowflake aria-hidden size={20} />{t("game.streak.held", { count: streak.freezes, most: streak.most_freezes })}</span>
        </Row>
        <p className={css.soft}>{t("game.streak.freezes_about")}{streak.pauses_weekends && ` ${t("game.streak.weekends")}`}</p>
        {streak.freezes < streak.most_freezes && <div><ButtonLink small href="/shop">{t("game.streak.to_shop")}</ButtonLink></div>}
      </Stack>
    </Card>
  );
}

function Friends() {
  const { t } = useTranslation();
  const format = useFormat();
  const queryClient = useQueryClient();
  const complain = useComplaint();
  const streaks = queries.useQuery("get", "/api/v1/streak/friends");
  const settled = { onError: complain, onSettled: () => queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/streak/friends"] }) };
  const of = (user_id: string) => ({ params: { path: { user_id } } });
  const ask = useMutation({ mutationFn: (user_id: string) => api.POST("/api/v1/streak/friends", { body: { user_id } }), ...settled });
  const accept = useMutation({ mutationFn: (id: string) => api.POST("/api/v1/streak/friends/{user_id}/accept", of(id)), ...settled });
  const end = useMutation({ mutationFn: (id: string) => api.DELETE("/api/v1/streak/friends/{user_id}", of(id)), ...settled });
  const busy = ask.isPending || accept.isPending || end.isPending;
  return (
    <Card>
      <Stack>
        <h2>{t("game.streak.together")}</h2>
        <p className={css.soft}>{t("game.streak.together_about")}</p>
        <Answer of={streaks}>
          {({ items, most }) => (
            <>
              <ul className={css.list}>
                {items.map((one) => (
                  <li key={one.user_id}>
                    <span>
                      <Link to={`/people/${one.user_id}`}>{one.name}</Link>{" "}
                      {one.state === "running"
                        ? <span className={css.gems}><Flame aria-hidden size={16} />{t("game.streak.days", { count: one.current, shown: format.number(one.current) })}</span>
                        : <Chip>{t(`game.streak.friend_${one.state}`)}</Chip>}
                      {one.state === "running" && <span className={css.soft}> {t(one.mine_today ? (one.theirs_today ? "game.streak.both_today" : "game.streak.theirs_missing") : "game.streak.mine_missing", { name: one.name })}</span>}
                    </span>
                    <Row>
                      {one.state === "invited" && <Button small look="primary" isDisabled={busy} onPress={() => accept.mutate(one.user_id)}>{t("game.accept")}</Button>}
                      <Button small look="quiet" isDisabled={busy} onPress={() => end.mutate(one.user_id)} aria-label={t(`game.streak.end_${one.state}_named`, { name: one.name })}>{t(`game.streak.end_${one.state}`)}</Button>
                    </Row>
                  </li>
                ))}
              </ul>
              {items.length < most && <AskFriend ask={(id) => ask.mutate(id)} busy={busy} action={t("game.streak.ask")} without={items.map((one) => one.user_id)} />}
            </>
          )}
        </Answer>
      </Stack>
    </Card>
  );
}
