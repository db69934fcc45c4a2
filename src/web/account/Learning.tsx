// How one wants to learn: how much a day, and what the days are made of.

import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body, queries, type Schemas } from "../app/api";
import { useMutation } from "../app/mutation";
import { Answer, Card, Stack } from "../app/ui";
import { Choices, Switch } from "./controls";
import { useTold } from "./reason";

type Wishes = Schemas["Preferences"];
const WISHES = ["get", "/api/v1/profile/preferences"] as const;
const GOALS = [10, 20, 30, 50] as const;
const CALM = { hearts: false, leagues: false, streaks: false };

export function Learning() {
  const wishes = queries.useQuery("get", "/api/v1/profile/preferences");
  return <Answer of={wishes} lines={6}>{(found) => <Form wishes={found} />}</Answer>;
}

function Form({ wishes }: { wishes: Wishes }) {
  const { t } = useTranslation();
  const tell = useTold();
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (patch: Wishes) => body(api.PATCH("/api/v1/profile/preferences", { body: patch })),
    // At once as wished; the server's answer replaces it.
    onMutate: (patch) => void client.setQueriesData<Wishes>({ queryKey: WISHES }, (before) => before && { ...before, ...patch }),
    onError: tell,
    onSettled: () => client.invalidateQueries(),
  });
  const isCalm = !wishes.hearts && !wishes.leagues && !wishes.streaks;
  const goal = wishes.daily_goal_xp ?? 20;
  const goals = [...new Set<number>([...GOALS, goal])].sort((one, other) => one - other);
  const calm = (on: boolean) => change.mutate(on ? CALM : { hearts: true, leagues: true, streaks: true });
  return (
    <Stack>
      <Card aria-label={t("account.goal")}>
        <Choices
          label={t("account.goal")} value={String(goal)} onChange={(xp) => change.mutate({ daily_goal_xp: Number(xp) })}
          choices={goals.map((xp) => ({ id: String(xp), name: t("account.goal_xp", { xp }), about: t(`account.goals.${xp}`, { defaultValue: t("account.goals.own") }) }))}
        />
      </Card>
      <Card aria-label={t("account.calm")}>
        <Stack>
          <Switch label={t("account.calm")} about={t("account.calm_about")} isOn={isCalm} onChange={calm} />
          <Switch label={t("account.hearts")} about={t("account.hearts_about")} isOn={wishes.hearts ?? true} onChange={(hearts) => change.mutate({ hearts })} />
          <Switch label={t("account.streaks")} about={t("account.streaks_about")} isOn={wishes.streaks ?? true} onChange={(streaks) => change.mutate({ streaks })} />
          <Switch label={t("account.leagues")} about={t("account.leagues_about")} isOn={wishes.leagues ?? true} onChange={(leagues) => change.mutate({ leagues })} />
          <Switch
            label={t("account.leagues_hidden")} about={t("account.leagues_hidden_about")} isDisabled={!wishes.leagues}
            isOn={wishes.leagues_hidden ?? false} onChange={(leagues_hidden) => change.mutate({ leagues_hidden })}
          />
          <Switch label={t("account.sound")} isOn={wishes.sound ?? true} onChange={(sound) => change.mutate({ sound })} />
        </Stack>
      </Card>
    </Stack>
  );
}
