// One class: for learners who teaches it and who else is in it; for its teachers what everybody is at, live.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { api, queries, type Schemas } from "../../app/api";
import { useFormat } from "../../app/format";
import { useMutation } from "../../app/mutation";
import { Answer, Button, Chip, css as ui, Dialog, Notice, Row, Stack } from "../../app/ui";
import { useComplaint } from "../../app/ui/toasts";
import { Standings } from "../league/Standings";
import css from "../game.module.css";
import { LiveView } from "./LiveView";
import { Manage } from "./Manage";
import { Members } from "./Members";

type Classroom = Schemas["ClassroomOut"];

export function Class() {
  const { classroomId = "" } = useParams();
  const classroom = queries.useQuery("get", "/api/v1/classrooms/{classroom_id}", { params: { path: { classroom_id: classroomId } } });
  return <Answer of={classroom} lines={5}>{(found) => <Shown classroom={found} />}</Answer>;
}

function Shown({ classroom }: { classroom: Classroom }) {
  const { t } = useTranslation();
  const format = useFormat();
  const teaches = classroom.role !== "learner";
  const tabs = teaches && !classroom.archived_at ? (["live", "members", "board", "manage"] as const) : teaches ? (["members", "board", "manage"] as const) : (["board", "members"] as const);
  return (
    <Stack>
      <div className={css.head}>
        <div>
          <h1>{classroom.name}</h1>
          <p>{t("game.classes.taught_by", { names: classroom.teachers.map((teacher) => teacher.name).join(", ") })}</p>
        </div>
        <Row>
          {classroom.learners !== null && <Chip>{t("game.classes.learners", { count: classroom.learners })}</Chip>}
          {!teaches && <Leave classroom={classroom} />}
        </Row>
      </div>
      {classroom.archived_at && <Notice tone="warn">{t("game.classes.is_archived", { date: format.date(classroom.archived_at) })}</Notice>}
      <Tabs>
        <TabList className={ui.tabs ?? ""} aria-label={classroom.name}>
          {tabs.map((tab) => <Tab key={tab} id={tab} className={ui.tab ?? ""}>{t(`game.classes.tab_${tab}`)}</Tab>)}
        </TabList>
        {teaches && !classroom.archived_at && <TabPanel id="live" className={css.panel ?? ""}><LiveView classroom={classroom} /></TabPanel>}
        <TabPanel id="members" className={css.panel ?? ""}><Members classroom={classroom} /></TabPanel>
        <TabPanel id="board" className={css.panel ?? ""}><Standings of={{ scope: "classes", id: classroom.id }} /></TabPanel>
        {teaches && <TabPanel id="manage" className={css.panel ?? ""}><Manage classroom={classroom} /></TabPanel>}
      </Tabs>
    </Stack>
  );
}

function Leave({ classroom }: { classroom: Classroom }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState(false);
  const leave = useMutation({
    mutationFn: () => api.POST("/api/v1/classrooms/{classroom_id}/leave", { params: { path: { classroom_id: classroom.id } } }),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/classrooms"] });
      void navigate("/classes");
    },
    onError: useComplaint(),
  });
  return (
    <>
      <Button small onPress={() => setAsking(true)}>{t("game.classes.leave")}</Button>
      <Dialog title={t("game.classes.leave_title", { name: classroom.name })} isOpen={asking} onClose={() => setAsking(false)}>
        <p>{t("game.classes.leave_about")}</p>
        <Row>
          <Button look="danger" isDisabled={leave.isPending} onPress={() => leave.mutate()}>{t("game.classes.leave")}</Button>
          <Button onPress={() => setAsking(false)}>{t("game.classes.stay")}</Button>
        </Row>
      </Dialog>
    </>
  );
}
