// One course before it is begun: what it teaches, and how to begin.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { Refusal } from "../app/api";
import { useFormat } from "../app/format";
import { Answer, Button, Card, css as ui, Row, Stack } from "../app/ui";
import { useComplaint } from "../app/ui/toasts";
import { enrol } from "./beginning";
import { useCourse } from "./current";

export function Course() {
  const { t } = useTranslation();
  const { courseId = "" } = useParams();
  const course = useCourse(courseId);
  const format = useFormat();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const complain = useComplaint();
  const begin = useMutation({
    mutationFn: () => enrol(courseId),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/progress"] });
      void navigate(`/learn/${courseId}`);
    },
    onError: (error) => {
      if (error instanceof Refusal && error.status === 402) void navigate(`/payments/courses/${courseId}`);
      else complain(error);
    },
  });
  return (
    <Answer of={course}>
      {(tree) => (
        <Stack>
          <h1 lang={tree.source_language}>{tree.title}</h1>
          <p>{t("courses.pair", { target: format.language(tree.target_language), source: format.language(tree.source_language) })}</p>
          {tree.description && <p lang={tree.source_language}>{tree.description}</p>}
          <Row><Button look="primary" isDisabled={begin.isPending} onPress={() => begin.mutate()}>{t("courses.begin")}</Button></Row>
          {tree.sections.map((section) => (
            <Card key={section.id}>
              <h2 lang={tree.source_language}>{section.title}</h2>
              <ol className={ui.stack}>
                {section.units.map((unit) => (
                  <li key={unit.id} lang={tree.source_language}>
                    <strong>{unit.title}</strong>: {unit.lessons.map((lesson) => lesson.title).join(", ")}
                  </li>
                ))}
              </ol>
            </Card>
          ))}
          {tree.licence && <p className={ui.hint}>{t("courses.licence", { name: tree.licence.name })}</p>}
        </Stack>
      )}
    </Answer>
  );
}
