// Ways to a course that has to be bought: the course itself, or a plan that has it.

import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { queries } from "../app/api";
import { Answer, ButtonLink, Empty, Notice, Stack } from "../app/ui";
import css from "./pay.module.css";
import { Offer } from "./Offers";
import { ALL_COURSES, courseKey } from "./prices";
import { useProducts } from "./products";

/** What one buys for oneself, in this order. */
const FOR_ONESELF = ["course", "plan"];

export function CourseOffers() {
  const { t } = useTranslation();
  const { courseId = "" } = useParams();
  const course = queries.useQuery("get", "/api/v1/courses/{course_id}", { params: { path: { course_id: courseId } } });
  const key = courseKey(courseId);
  const products = useProducts();
  const entitled = queries.useQuery("get", "/api/v1/entitlements");
  const has = entitled.data?.some((one) => one.key === key || one.key === ALL_COURSES);
  return (
    <Stack>
      <h1>{course.data ? t("pay.course.title", { course: course.data.title }) : t("pay.offers.title")}</h1>
      {has ? (
        <Notice tone="good">{t("pay.course.has")} <ButtonLink small href={`/courses/${courseId}`}>{t("pay.course.to")}</ButtonLink></Notice>
      ) : <p className={css.soft}>{t("pay.course.about")}</p>}
      <Answer of={products} lines={4}>
        {({ items }) => {
          const found = items.filter((product) => FOR_ONESELF.includes(product.kind) && product.keys.some((one) => one === key || one === ALL_COURSES));
          found.sort((one, other) => FOR_ONESELF.indexOf(one.kind) - FOR_ONESELF.indexOf(other.kind));
          return found.length ? <ul className={css.grid}>{found.map((product) => <li key={product.id}><Offer product={product} /></li>)}</ul> : <Empty title={t("pay.offers.none")} />;
        }}
      </Answer>
    </Stack>
  );
}
