// Types that the console's JSDoc names: the API's schemas and calls out of docs/openapi.json, and what its parts share.

import type { components, paths } from "../../build/console_api";
import type texts from "../../telemetry/web/console/texts/zh-CN.js";
import type { WORDS } from "../../telemetry/web/console/texts/vocabulary.js";

type Pattern<P extends string> = P extends `${infer Before}{${string}}${infer After}` ? `${Before}${string}${Pattern<After>}` : P;
type Short<K> = K extends `/api/v1${infer P}` ? Pattern<P> : never;
type Operation<P extends string, M extends Method> = {
  [K in keyof paths]: P extends Short<K> ? (Short<K> extends P ? paths[K][M] : never) : never;
}[keyof paths];
type Json<R> = R extends { content: { "application/json": infer Body } } ? Body : null;

declare global {
  type Schemas = components["schemas"];

  // Calls. A path is what docs/openapi.json names, `{id}` standing for any text.
  type Method = "get" | "post" | "patch" | "delete";
  type PathOf<M extends Method> = M extends Method ? {
    [K in keyof paths]: undefined extends paths[K][M] ? never : Short<K>;
  }[keyof paths] : never;
  type Answer<P extends string, M extends Method = "get"> =
    Operation<P, M> extends { responses: infer R } ? Json<R[keyof R & (200 | 201 | 202 | 204)]> : never;
  type Query<P extends string> = Operation<P, "get"> extends { parameters: { query?: infer Q } } ? { [K in keyof Q]?: unknown } : never;
  type Sent<P extends string, M extends Method> =
    Operation<P, M> extends { requestBody: { content: { "application/json": infer B } } } ? B : Record<string, never>;
  /** A row of what a list shows. */
  type RowOf<P extends string> = Answer<P> extends (infer Row)[] ? Row : Answer<P> extends { items: (infer Row)[] } ? Row : never;
  interface Options { signal?: AbortSignal; isBackground?: boolean; leaveOn401?: boolean }

  // Elements.
  type Child = Node | string | number | false | null | undefined | Child[];
  type Handlers = { [E in keyof GlobalEventHandlersEventMap as `on${E}`]?: ((event: GlobalEventHandlersEventMap[E]) => unknown) | "" | null | false };
  interface Attributes extends Handlers { [name: string]: unknown }

  // Words.
  type Group = keyof typeof WORDS | keyof typeof texts;
  type Time = string | number | Date | null | undefined;

  // Parts.
  type Role = Schemas["Myself"]["roles"][number];
  /** What a dialog answers: true where its `send` answers nothing. */
  type Answered<T> = T extends null | undefined | void ? true : T;
  interface Place { name: string; parts: string[]; query: Record<string, string> }
  type Kept = Record<string, string | undefined>;
  type Choice = [code: string, text: string];
  interface Spec<Name extends string = string> {
    name: Name; label: string; required?: boolean; value?: any; hint?: string; most?: number; empty?: string; list?: string;
    kind?: "text" | "long" | "select" | "time" | "date" | "number" | "checks" | "password" | "search";
    options?: Choice[]; autocomplete?: string; suggest?: (text: string) => Promise<Choice[]>;
  }
  type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
  interface Field { name: string; element: HTMLElement; read(): any; input: Control | null }
  interface Column<Row> { title: string; class?: string; of(row: Row): Child }

  // The map: MapLibre comes with its wheel, without types.
  const maplibregl: any;
  type Position = [lon: number, lat: number];
  type Shift = (position: Position) => Position;

  interface Window { consoleMap: unknown }
  const BarcodeDetector: { new (): { detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]> } };
}
