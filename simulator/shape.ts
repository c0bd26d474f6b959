/**
 * Turns a field list into a function that renders a node, once per request. Unknown names are refused before anything
 * is rendered; fields without data are left out, as Facebook does.
 */
import { unknownField } from './refusals.ts';
import type { ListTwist } from './faults.ts';
import type { Field } from './fields.ts';
import type { Ground } from './ground.ts';
import type { Json, JsonObject } from './json.ts';
import type { Rules } from './options.ts';

/** For whom and from where something is shown. */
export interface View {
  readonly world: Ground;
  readonly rules: Rules;
  /** Address of the API version, without a slash at the end. */
  readonly root: string;
  /** Appears in clear in `next` addresses, as Facebook does it. */
  readonly token: string;
  /** A fault that bends the lists of messages inside of conversations. */
  readonly nestedTwist: ListTwist | undefined;
}

export type Shape<Node> = (node: Node, view: View) => JsonObject;

/** Renders one field; undefined leaves it out. */
export type Part<Node> = (node: Node, view: View) => Json | undefined;

export interface NodeType<Node> {
  /** Facebook's name for the type, as error messages tell it. */
  readonly name: string;
  readonly parts: Readonly<Record<string, (field: Field) => Part<Node>>>;
  /** Fields shown when the request names none. */
  readonly defaults: readonly string[];
}

/** `id` is always shown. Throws refusal 100 for a field the type does not have. */
export function compileShape<Node>(type: NodeType<Node>, fields: readonly Field[] | undefined): Shape<Node> {
  const asked = fields ?? type.defaults.map(plainField);
  const complete = asked.some(({ name }) => name === 'id') ? asked : [...asked, plainField('id')];
  const parts = complete.map((field) => {
    const part = Object.hasOwn(type.parts, field.name) ? type.parts[field.name] : undefined;
    if (part === undefined) throw unknownField(field.name, type.name);
    return { name: field.name, render: part(field) };
  });
  return (node, view) => {
    const shown: Record<string, Json> = {};
    for (const { name, render } of parts) {
      const value = render(node, view);
      if (value !== undefined) shown[name] = value;
    }
    return shown;
  };
}

/** A field that is always the same thing, whatever its braces say. */
export function plain<Node>(render: Part<Node>): (field: Field) => Part<Node> {
  return () => render;
}

/** A field that is an object whose members can be chosen with braces. */
export function object<Node>(
  name: string,
  members: readonly string[],
  render: (node: Node, view: View) => JsonObject | undefined,
): (field: Field) => Part<Node> {
  return (field) => {
    const choose = chooser(name, members, field.children);
    return (node, view) => {
      const value = render(node, view);
      return value && choose(value);
    };
  };
}

/** A field that is `{data: […]}` of such objects; an empty list is left out. */
export function list<Node>(
  name: string,
  members: readonly string[],
  render: (node: Node, view: View) => readonly JsonObject[] | undefined,
): (field: Field) => Part<Node> {
  return (field) => {
    const choose = chooser(name, members, field.children);
    return (node, view) => {
      const items = render(node, view);
      return items === undefined || items.length === 0 ? undefined : { data: items.map(choose) };
    };
  };
}

/** Checks the names in braces once and gives the function that keeps only those. */
export function chooser(
  typeName: string,
  members: readonly string[],
  children: readonly Field[] | undefined,
): (value: JsonObject) => JsonObject {
  if (children === undefined) return (value) => value;
  for (const { name } of children) if (!members.includes(name)) throw unknownField(name, typeName);
  const names = new Set(['id', ...children.map(({ name }) => name)]);
  return (value) => Object.fromEntries(Object.entries(value).filter(([name]) => names.has(name)));
}

/** `2019-04-24T10:38:15+0000`. */
export function toGraphTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}+0000`;
}

function plainField(name: string): Field {
  return { name, modifiers: {}, children: undefined };
}
