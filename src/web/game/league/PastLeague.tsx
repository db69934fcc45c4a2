import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { queries } from "../../app/api";
import { useFormat } from "../../app/format";
import { Answer, ButtonLink, Card, Stack } from "../../app/ui";
import { Bands } from "./Bands";

/** The board of a week, as it ended. */
export function PastLeague() {
  const { t } = useTranslation();
  const format = useFormat();
  const { leagueId = "" } = useParams();
  const board = queries.useQuery("get", "/api/v1/leaderboards/{league_id}", { params: { path: { league_id: leagueId } } });
  return (
    <Stack>
      <h1>{t("game.league.title")}</h1>
      <Answer of={board} lines={8}>
        {(found) => (
          <Card>
            <h2>{t("game.league.tier", { tier: found.tier })}</h2>
            <p>{t("game.league.ended", { date: format.date(found.ends_at) })}</p>
            <Bands board={found} />
          </Card>
        )}
      </Answer>
      <div><ButtonLink href="/league">{t("game.league.now")}</ButtonLink></div>
    </Stack>
  );
}
