// All courses that there are, and those that are mine. What is looked for is in the address, so that it can be shared
// and the way back leads to it.

import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { Input, Label, ListBox, ListBoxItem, Popover, SearchField, Select, SelectValue, Button as Plain } from "react-aria-components";
import { ChevronDown, Search } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { api, body, type Schemas } from "../app/api";
import type { paths } from "../api/schema";
import { useFormat } from "../app/format";
import { Answer, Button, css as ui, Empty } from "../app/ui";
import { CourseLine } from "./CourseLine";
import { useMyCourses } from "./current";
import css from "./learn.module.css";
import { Recommended } from "./Recommended";
import { spoken } from "./spoken";

type Facets = Schemas["FacetsOut"];
type CourseFilter = Omit<NonNullable<paths["/api/v1/courses"]["get"]["parameters"]["query"]>, "limit" | "cursor">;
type Level = NonNullable<CourseFilter["level"]>[number];
type Narrowing = "target_language" | "source_language" | "level" | "topic";
const NARROWINGS: readonly Narrowing[] = ["target_language", "source_language", "level", "topic"];
const SORTS = ["title", "newest", "popular"] as const;
const ANY = "any";
/** So many can be looked through without advice. */
const FEW = 3;

export function Courses() {
  const { t } = useTranslation();
  const [wanted, setWanted] = useSearchParams();
  const filter = useDeferredValue(wanted.toString());
  const query = asked(new URLSearchParams(filter));
  const mine = useMyCourses();
  const facets = useQuery({
    queryKey: ["get", "/api/v1/courses/facets", filter],
    queryFn: () => body(api.GET("/api/v1/courses/facets", { params: { query: withoutSort(query) } })),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const all = useInfiniteQuery({
    queryKey: ["get", "/api/v1/courses", filter],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/courses", { params: { query: { ...query, limit: 24, ...(pageParam ? { cursor: pageParam } : {}) } } })),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
  const found = useQuery({
    queryKey: ["get", "/api/v1/search", query.q ?? ""],
    queryFn: () => body(api.GET("/api/v1/search", { params: { query: { q: query.q ?? "", kind: "lesson", limit: 6 } } })),
    enabled: Boolean(query.q && facets.data),
    retry: false,
  });
  const progress = new Map(mine.data?.map((course) => [course.course_id, course]));
  const put = (name: string, value: string) =>
    setWanted((before) => {
      const next = new URLSearchParams(before);
      if (value) next.set(name, value);
      else next.delete(name);
      return next;
    }, { replace: true });
  return (
    <>
      <h1>{t("courses.title")}</h1>
      {facets.data && <Filters facets={facets.data} wanted={wanted} put={put} />}
      <Answer of={all}>
        {({ pages }) => {
          const courses = pages.flatMap((page) => page.items);
          const lessons = found.data?.items ?? [];
          if (!courses.length && !lessons.length) {
            return filter ? <Empty title={t("courses.nothing")}><Button onPress={() => setWanted({}, { replace: true })}>{t("courses.all")}</Button></Empty> : <Empty title={t("courses.none")} />;
          }
          return (
            <>
              {!filter && courses.length > FEW && <Recommended />}
              {facets.data && <p className={css.count} role="status">{t("courses.count", { count: facets.data.total })}</p>}
              <ul className={css.grid}>
                {courses.map((course) => <li key={course.id}><CourseLine course={course} done={progress.get(course.id)} /></li>)}
              </ul>
              {all.hasNextPage && <Button isDisabled={all.isFetching} onPress={() => void all.fetchNextPage()}>{t("courses.more")}</Button>}
              {lessons.length > 0 && (
                <section aria-labelledby="lessons">
                  <h2 id="lessons" className={css.head}>{t("courses.lessons")}</h2>
                  <ul className={css.rows}>
                    {lessons.map((lesson) => <li key={lesson.id} className={css.rowLine}><Link to={`/courses/${lesson.course.id}`} {...spoken(lesson.course.source_language)}>{lesson.title}</Link><span className={css.lessonNote}>{lesson.course.title}</span></li>)}
                  </ul>
                </section>
              )}
            </>
          );
        }}
      </Answer>
    </>
  );
}

function asked(wanted: URLSearchParams): CourseFilter {
  const q = wanted.get("q")?.trim();
  const sort = SORTS.find((one) => one === wanted.get("sort")) ?? (q ? "relevance" : undefined);
  const level = wanted.getAll("level") as Level[];
  const rest = Object.fromEntries(["target_language", "source_language", "topic"].flatMap((name) => (wanted.get(name) ? [[name, wanted.get(name)]] : [])));
  return { ...rest, ...(q ? { q } : {}), ...(sort ? { sort } : {}), ...(level.length ? { level } : {}) };
}

function withoutSort({ sort: _, ...filter }: CourseFilter): CourseFilter {
  return filter;
}

function Filters({ facets, wanted, put }: { facets: Facets; wanted: URLSearchParams; put: (name: string, value: string) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const choices: Record<Narrowing, readonly Schemas["FacetOut"][]> = { target_language: facets.target_languages, source_language: facets.source_languages, level: facets.levels, topic: facets.topics };
  const name = (of: Narrowing, value: string) => (of.endsWith("language") ? format.language(value) : value);
  return (
    <div className={css.filters} role="search">
      <SearchField className={`${ui.field} ${css.search}`} value={wanted.get("q") ?? ""} onChange={(text) => put("q", text)} maxLength={100}>
        <Label className={ui.label ?? ""}>{t("courses.search")}</Label>
        <span className={css.searchBox}><Search aria-hidden size={18} /><Input className={ui.input ?? ""} placeholder={t("courses.search_hint")} /></span>
      </SearchField>
      {NARROWINGS.filter((of) => choices[of].filter((facet) => facet.value).length > 1 || wanted.get(of)).map((of) => (
        <Choosing
          key={of} label={t(`courses.by.${of}`)} value={wanted.get(of) ?? ANY} onChange={(value) => put(of, value === ANY ? "" : value)}
          options={[{ id: ANY, text: t("courses.any") }, ...choices[of].filter((facet) => facet.value).map((facet) => ({ id: facet.value, text: `${name(of, facet.value)} (${facet.courses})` }))]}
        />
      ))}
      {facets.total > 1 && <Choosing label={t("courses.sort")} value={wanted.get("sort") ?? SORTS[0]} onChange={(value) => put("sort", value)} options={SORTS.map((id) => ({ id, text: t(`courses.sorted.${id}`) }))} />}
    </div>
  );
}

function Choosing({ label, value, onChange, options }: { label: string; value: string; onChange: (value: string) => void; options: { id: string; text: string }[] }) {
  return (
    <Select className={ui.field ?? ""} value={value} onChange={(key) => onChange(String(key))}>
      <Label className={ui.label ?? ""}>{label}</Label>
      <Plain className={`${ui.input} ${css.select}`}><SelectValue /><ChevronDown aria-hidden size={16} /></Plain>
      <Popover className={css.popover ?? ""}>
        <ListBox className={css.menu ?? ""} items={options}>{(option) => <ListBoxItem id={option.id} textValue={option.text} className={css.menuItem ?? ""}>{option.text}</ListBoxItem>}</ListBox>
      </Popover>
    </Select>
  );
}
