// Holds recorded exchanges against Discord's own description of its API.
//
// One exchange a line of standard input: {"method", "path", "query", "request", "status", "answer"}, the last three without
// bodies as null. Prints {"checked": {"<METHOD> <route>": ["<status>"]}, "problems": [{"route", "part", "at", "problem"}]}.
import { readFileSync } from "node:fs";
import * as z from "zod/mini";
import * as schemas from "discord-api-spec/zod";

z.config(z.locales.en());
const types = readFileSync(new URL("node_modules/discord-api-spec/build/discord-api-spec.ts", import.meta.url), "utf8");

/** A reader of the type expressions that stand in the description's table of paths. */
class Types {
  constructor(text) {
    this.tokens = text.replace(/\/\*[^]*?\*\//g, "").match(/"[^"]*"|[A-Za-z_$][\w$]*|\d+|[{}[\]()|&;:?<>,]/g);
    this.at = 0;
  }

  peek(ahead = 0) {
    return this.tokens[this.at + ahead];
  }

  take(wanted) {
    const token = this.tokens[this.at++];
    if (wanted !== undefined && token !== wanted) throw new Error(`${wanted} expected, not ${token}`);
    return token;
  }

  /** {name: {optional, type}} of an object whose "{" comes next; `read` reads each type. */
  fields(read) {
    const found = {};
    this.take("{");
    while (this.peek() !== "}") {
      const name = this.peek() === "[" ? this.index() : this.take().replaceAll('"', "");
      const optional = this.peek() === "?" && Boolean(this.take());
      this.take(":");
      found[name] = { optional, type: read(name) };
      if (this.peek() !== "}") this.take();
    }
    this.take("}");
    return found;
  }

  /** "[key: string]" of an object with any names. */
  index() {
    while (this.take() !== "]");
    return "*";
  }

  type() {
    return this.list("|", () => this.list("&", () => this.many(), z.intersection), (...all) => z.union(all));
  }

  list(separator, read, join) {
    if (this.peek() === separator) this.take();
    let all = [read()];
    while (this.peek() === separator) {
      this.take();
      all.push(read());
    }
    if (all.length === 1) return all[0];
    return separator === "&" ? all.reduce((one, other) => join(one, other)) : join(...all);
  }

  many() {
    let one = this.one();
    while (this.peek() === "[" && this.peek(1) === "]") {
      this.at += 2;
      one = z.array(one);
    }
    return one;
  }

  one() {
    if (this.peek() === "(") {
      this.take();
      const inner = this.type();
      this.take(")");
      return inner;
    }
    if (this.peek() === "[") return this.tuple();
    if (this.peek() === "{") {
      const shape = {};
      for (const [name, { optional, type }] of Object.entries(this.fields(() => this.type())))
        shape[name] = optional ? z.optional(type) : type;
      return z.object(shape);
    }
    return this.named(this.take());
  }

  tuple() {
    this.take("[");
    while (this.peek() !== "]") {
      this.type();
      if (this.peek() === ",") this.take();
    }
    this.take("]");
    return z.any();
  }

  named(name) {
    if (name.startsWith('"')) return z.literal(name.slice(1, -1));
    if (/^\d+$/.test(name)) return z.literal(Number(name));
    if (this.peek() === "<") {
      this.take();
      while (this.take() !== ">");
      return z.any();
    }
    const plain = { string: z.string, number: z.number, boolean: z.boolean, null: z.null, undefined: z.undefined };
    if (plain[name]) return plain[name]();
    if (["unknown", "any", "never"].includes(name)) return z.any();
    const schema = schemas[`${name}Schema`];
    if (schema === undefined) throw new Error(`the description names ${name} and does not have it`);
    return schema;
  }
}

/** The schemas take times in UTC as "Z" only; Discord writes "+00:00". */
function asUtc(_, value) {
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/.test(value) ? value.replace("+00:00", "Z") : value;
}

/** {path: {method: {query: [names], requestBody, responses: {status: schema}}}} */
function operations() {
  const reader = new Types(types.slice(types.indexOf("export interface Paths")).split("\n}\n")[0] + "\n}\n");
  reader.at = 3; // export interface Paths
  const plain = (found) => Object.fromEntries(Object.entries(found).map(([name, { type }]) => [name, type]));
  const names = () => (this_is_object(reader) ? Object.keys(reader.fields(() => reader.type())) : (reader.type(), []));
  const operation = (name) => {
    if (name === "parameters") return plain(reader.fields((kind) => (kind === "query" ? names() : (reader.type(), []))));
    if (name === "responses") return plain(reader.fields(() => reader.type()));
    return reader.type();
  };
  return plain(reader.fields(() => plain(reader.fields(() => plain(reader.fields(operation))))));
}

function this_is_object(reader) {
  return reader.peek() === "{";
}

/** The description's path for a called one; a literal part is nearer than a parameter. */
function route(paths, called) {
  const parts = called.split("/");
  const fits = Object.keys(paths).filter((path) => {
    const own = path.split("/");
    return own.length === parts.length && own.every((part, n) => part === parts[n] || part.startsWith("{"));
  });
  return fits.sort((one, other) => one.split("{").length - other.split("{").length)[0];
}

/** What the description does not know of a body: fields that its schema left out. */
function unknown(given, read, at = []) {
  if (given === null || read === null || typeof given !== "object" || typeof read !== "object") return [];
  return Object.keys(given).flatMap((name) =>
    name in read ? unknown(given[name], read[name], [...at, name]) : [{ at: [...at, name].join("."), problem: "unknown field" }],
  );
}

function held(schema, body, part) {
  if (schema === undefined) return [{ part, at: "", problem: "the description has none" }];
  const result = schema.safeParse(body);
  if (!result.success)
    return result.error.issues.flatMap((issue) => deepest(issue)).map(({ path, message }) => ({ part, at: path.join("."), problem: message }));
  return part === "request" ? unknown(body, result.data).map((found) => ({ part, ...found })) : [];
}

/** Of a union that fits nowhere, what is wrong with the option that fits best: of the same kind and type, if any. */
function deepest(issue) {
  if (issue.code !== "invalid_union" || !issue.errors?.length) return [issue];
  const options = issue.errors.map((errors) => errors.flatMap(deepest));
  const best = options.sort((one, other) => wrongness(one) - wrongness(other))[0];
  return best.map((found) => ({ ...found, path: [...issue.path, ...found.path] }));
}

function wrongness(issues) {
  const another = issues.some((issue) => issue.path.length === 0) ? 10000 : 0;
  const typed = issues.some((issue) => issue.code === "invalid_value" && issue.path.at(-1) === "type") ? 1000 : 0;
  return issues.length + another + typed;
}

const paths = operations();
const checked = {};
const problems = [];
for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const { method, path, query, request, status, answer } = JSON.parse(line, asUtc);
  const name = route(paths, path);
  const operation = paths[name]?.[method.toLowerCase()];
  const shown = `${method} ${name ?? path}`;
  if (operation === undefined) {
    problems.push({ route: shown, part: "route", at: "", problem: "unknown" });
    continue;
  }
  (checked[shown] ??= new Set()).add(String(status));
  const found = Object.keys(query)
    .filter((key) => !operation.parameters.query.includes(key))
    .map((key) => ({ part: "query", at: key, problem: "unknown" }));
  if (request !== null && status < 300) found.push(...held(operation.requestBody, request, "request"));
  const responses = operation.responses;
  const schema = responses[String(status)] ?? (status >= 400 && status < 500 ? responses["4XX"] : undefined);
  if (answer !== null || schema === undefined) found.push(...held(schema, answer, `answer ${status}`));
  problems.push(...found.map((problem) => ({ route: shown, ...problem })));
}
const sorted = Object.fromEntries(Object.entries(checked).map(([name, statuses]) => [name, [...statuses].sort()]));
console.log(JSON.stringify({ checked: sorted, problems }));
