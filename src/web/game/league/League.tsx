// Boards: of this week's league, live; of friends, everybody, a course or a class.

import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { queries } from "../../app/api";
import { Answer, css as ui } from "../../app/ui";
import css from "../game.module.css";
import { MyLeague } from "./MyLeague";
import { ChosenStandings, Standings } from "./Standings";

const BOARDS = ["league", "friends", "courses", "classes", "global"] as const;

export function League() {
  const { t } = useTranslation();
  const [parameters, setParameters] = useSearchParams();
  const courses = queries.useQuery("get", "/api/v1/progress");
  const classes = queries.useQuery("get", "/api/v1/classrooms");
  const shown = parameters.get("board") ?? "league";
  // Whoever is in no class is spared its board.
  const boards = BOARDS.filter((board) => board !== "classes" || classes.data?.items.length);
  return (
    <>
      <h1 className={css.title ?? ""}>{t("game.league.title")}</h1>
      <Tabs selectedKey={boards.find((board) => board === shown) ?? "league"} onSelectionChange={(board) => setParameters(board === "league" ? {} : { board: String(board) }, { replace: true })}>
        <TabList className={ui.tabs ?? ""} aria-label={t("game.board.which")}>
          {boards.map((board) => <Tab key={board} id={board} className={ui.tab ?? ""}>{t(`game.board.of_${board}`)}</Tab>)}
        </TabList>
        <TabPanel id="league" className={css.panel ?? ""}><MyLeague /></TabPanel>
        <TabPanel id="friends" className={css.panel ?? ""}><Standings of={{ scope: "friends" }} /></TabPanel>
        <TabPanel id="global" className={css.panel ?? ""}><Standings of={{ scope: "global" }} /></TabPanel>
        <TabPanel id="courses" className={css.panel ?? ""}>
          <Answer of={courses}>
            {(mine) => <ChosenStandings scope="courses" label={t("game.board.course")} none={t("learn.none")} options={mine.map((course) => ({ value: course.course_id, name: course.title }))} />}
          </Answer>
        </TabPanel>
        <TabPanel id="classes" className={css.panel ?? ""}>
          <Answer of={classes}>
            {({ items }) => <ChosenStandings scope="classes" label={t("game.board.class")} none={t("game.classes.none")} options={items.map((one) => ({ value: one.id, name: one.name }))} />}
          </Answer>
        </TabPanel>
      </Tabs>
    </>
  );
}
