// Nodes as forms write them, and on their way to the server.

import { api, body, type Schemas } from "../../app/api";
import { type Node, ofNode } from "../draft";
import { cleaned, type Definitions, type Schema, type Values } from "../form/schema";
import type { Version } from "./writing";

export type NodeFields = Schemas["NodeOut"]["node"];

export function versionOf({ node, etag, updated_at }: Node): Version {
  return { values: node as Values, etag, at: updated_at };
}

export async function fetchNode(courseId: string, nodeId: string): Promise<Version> {
  return versionOf(await body(api.GET("/api/v1/authoring/courses/{course_id}/nodes/{node_id}", ofNode(courseId, nodeId))));
}

export async function replace(courseId: string, nodeId: string, fields: NodeFields, etag: string): Promise<Version> {
  const path = ofNode(courseId, nodeId).params.path;
  return versionOf(await body(api.PUT("/api/v1/authoring/courses/{course_id}/nodes/{node_id}", { params: { path, header: { "If-Match": etag } }, body: fields })));
}

/** What a form holds, as the server takes it. */
export function fieldsOf(values: Values, schema: Schema, definitions: Definitions = {}): NodeFields {
  return { ...(cleaned(values, schema, definitions) as Values), kind: values.kind } as unknown as NodeFields;
}

/** In a few words, for lists. */
export function inBrief(content: Values): string {
  const first = [content.text, (content.accepted as string[] | undefined)?.[0], (content.pairs as string[][] | undefined)?.[0]?.join(" – "), (content.turns as Values[] | undefined)?.find((turn) => turn.text)?.text];
  return String(first.find((one) => typeof one === "string" && one) ?? "…");
}
