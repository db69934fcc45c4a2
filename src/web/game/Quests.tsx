// Quests of the day and the week, those with a friend, and the badge of the month.

import { useQueryClient } from "@tanstack/react-query";
import { Award, CalendarCheck, Dumbbell, GraduationCap, Repeat, Zap } from "lucide-react";
import { type ComponentType, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, body, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useFrame } from "../app/live";
import { useMutation } from "../app/mutation";
import { Answer, Bar, Button, ButtonLink, Card, Chip, Row, Stack } from "../app/ui";
import { Pick } from "../app/ui/choice";
import { say, useComplaint } from "../app/ui/toasts";
import css from "./game.module.css";
import { Gems, useGemsChanged } from "./Gems";
import { TimeLeft } from "./TimeLeft";

const PATH = "/api/v1/quests";
const ICONS: Record<Schemas["QuestOut"]["metric"], ComponentType<{ size?: number; "aria-hidden"?: boolean }>> = {
  xp: Zap, lessons: GraduationCap, practices: Dumbbell, sessions: Repeat, days: CalendarCheck,
};

export function Quests() {
  const { t } = useTranslation();
  const quests = queries.useQuery("get", PATH);
  useFrame("lesson.completed", () => void quests.refetch());
  return (
    <Stack>
      <div className={css.head}><h1>{t("game.quests.title")}</h1><Gems /></div>
      <Answer of={quests} lines={6}>
        {(found) => (
          <Stack>
            <Own quests={found.quests} cadence="daily" />
            <Own quests={found.quests} cadence="weekly" />
            <Friends quests={found.friends} />
            <Badges found={found} />
          </Stack>
        )}
      </Answer>
    </Stack>
  );
}

function useClaim() {
  const { t } = useTranslation();
  const format = useFormat();
  const queryClient = useQueryClient();
  const changed = useGemsChanged();
  const complain = useComplaint();
  return useMutation({
    mutationFn: (key: string) => body(api.POST("/api/v1/quests/{key}/claim", { params: { path: { key } } })),
    onSuccess: ({ earned, badge }) => {
      if (earned) say(t("game.gems.earned", { count: earned, shown: format.number(earned) }));
      if (badge) say(t("game.quests.badge_earned", { month: monthName(badge, format) }));
      changed();
    },
    onError: complain,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["get", PATH] }),
  });
}

function Own({ quests, cadence }: { quests: Schemas["QuestOut"][]; cadence: Schemas["QuestOut"]["cadence"] }) {
  const { t } = useTranslation();
  const claim = useClaim();
  const shown = quests.filter((quest) => quest.cadence === cadence);
  if (!shown.length) return null;
  const newest = shown.map((quest) => quest.last_on).sort().at(-1);
  return (
    <Card>
      <h2>{t(`game.quests.${cadence}`)}</h2>
      <ul>
        {shown.map(({ key, ...quest }) => (
          <li key={key}>
            <Quest {...quest} late={quest.last_on !== newest} claim={() => claim.mutate(key)} claiming={claim.isPending} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

interface Shown {
  name: string;
  metric: Schemas["QuestOut"]["metric"];
  target: number;
  progress: number;
  gems: number;
  claimed: boolean;
  late?: boolean;
  claim: () => void;
  claiming: boolean;
  note?: React.ReactNode;
}

function Quest({ name, metric, target, progress, gems, claimed, late = false, claim, claiming, note }: Shown) {
  const { t } = useTranslation();
  const format = useFormat();
  const Icon = ICONS[metric];
  const count = t("game.quests.progress", { done: format.number(progress), target: format.number(target) });
  return (
    <div className={css.quest}>
      <span className={css.icon} data-tone="brand" data-dim={claimed}><Icon aria-hidden size={22} /></span>
      <div className={css.questBody}>
        <div className={css.line}>
          <span><strong>{name}</strong>{late && <> <Chip tone="warn">{t("game.quests.late")}</Chip></>}</span>
          <span className={css.numbers}>{count}</span>
        </div>
        <Bar share={target ? progress / target : 0} label={`${name}: ${count}`} />
        {note}
      </div>
      {claimed ? <Chip tone="good">{t("game.quests.claimed")}</Chip>
        : progress >= target ? <Button look="primary" small isDisabled={claiming} onPress={claim}>{t("game.quests.claim", { gems: format.number(gems) })}</Button>
        : <Chip>{t("game.gems.count", { count: gems, shown: format.number(gems) })}</Chip>}
    </div>
  );
}

function Friends({ quests }: { quests: Schemas["FriendQuestOut"][] }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const complain = useComplaint();
  const claim = useClaim();
  const again = () => queryClient.invalidateQueries({ queryKey: ["get", PATH] });
  const begin = useMutation({ mutationFn: (user_id: string) => api.POST("/api/v1/quests/friends", { body: { user_id } }), onError: complain, onSettled: again });
  const end = useMutation({ mutationFn: (quest_id: string) => api.DELETE("/api/v1/quests/friends/{quest_id}", { params: { path: { quest_id } } }), onError: complain, onSettled: again });
  const busy = begin.isPending || end.isPending;
  return (
    <Card>
      <h2>{t("game.quests.together")}</h2>
      <p className={css.soft}>{t("game.quests.together_about")}</p>
      <ul>
        {quests.map(({ key, ...quest }) => {
          const { friend } = quest;
          const name = friend?.name ?? t("game.board.unseen");
          const note = (
            <Row between>
              <span className={css.soft}>
                {friend ? <Link to={`/people/${friend.user_id}`}>{name}</Link> : name} · {t(`game.quests.state_${quest.state}`)}
                {quest.state !== "over" && <> · <TimeLeft until={quest.ends_at} over={() => void again()} /></>}
              </span>
              <Row>
                {quest.state === "invited" && friend && <Button small look="primary" isDisabled={busy} onPress={() => begin.mutate(friend.user_id)}>{t("game.accept")}</Button>}
                {quest.state !== "over" && <Button small look="quiet" isDisabled={busy} onPress={() => end.mutate(quest.id)}>{t(`game.quests.end_${quest.state}`)}</Button>}
              </Row>
            </Row>
          );
          return <li key={quest.id}><Quest {...quest} claim={() => claim.mutate(key)} claiming={claim.isPending} note={note} /></li>;
        })}
      </ul>
      {!quests.some((quest) => quest.state === "running" || quest.state === "asked") && <AskFriend ask={(id) => begin.mutate(id)} busy={busy} action={t("game.quests.invite")} />}
    </Card>
  );
}

/** Somebody out of one's friends, and what to ask of them. */
export function AskFriend({ ask, busy, action, without = [] }: { ask: (userId: string) => void; busy: boolean; action: string; without?: readonly string[] }) {
  const { t } = useTranslation();
  const friends = queries.useQuery("get", "/api/v1/friends", { params: { query: { limit: 100 } } });
  const [chosen, setChosen] = useState<string>();
  const shown = friends.data?.items.filter(({ person }) => !without.includes(person.user_id)) ?? [];
  if (!friends.data) return null;
  if (!shown.length) return without.length ? null : <Row><span className={css.soft}>{t("game.no_friends")}</span><ButtonLink small href="/friends">{t("game.board.find_friends")}</ButtonLink></Row>;
  const value = shown.some(({ person }) => person.user_id === chosen) ? chosen : shown[0]?.person.user_id;
  return (
    <div className={css.controls}>
      <Pick label={t("game.friend")} options={shown.map(({ person }) => ({ value: person.user_id, name: person.name }))} value={value ?? ""} onChange={setChosen} />
      <Button isDisabled={busy || value === undefined} onPress={() => value && ask(value)}>{action}</Button>
    </div>
  );
}

function Badges({ found: { month, badges } }: { found: Schemas["QuestsOut"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const count = t("game.quests.progress", { done: format.number(month.claimed), target: format.number(month.target) });
  return (
    <Card>
      <Stack>
        <h2>{t("game.quests.month", { month: monthName(month.month, format) })}</h2>
        <div className={css.line}><span>{t("game.quests.month_about")}</span><span className={css.numbers}>{count}</span></div>
        <Bar share={month.target ? month.claimed / month.target : 0} label={count} />
        {badges.length > 0 && (
          <ul className={css.grid} aria-label={t("game.quests.badges")}>
            {[...badges].reverse().map((badge) => (
              <li key={badge.month} className={css.tile}>
                <span className={css.icon}><Award aria-hidden size={24} /></span>
                <div className={css.tileText}><strong>{monthName(badge.month, format)}</strong><p>{format.date(badge.earned_at)}</p></div>
              </li>
            ))}
          </ul>
        )}
      </Stack>
    </Card>
  );
}

function monthName(month: string, format: ReturnType<typeof useFormat>): string {
  return format.month(`${month}-15T12:00:00`);
}
