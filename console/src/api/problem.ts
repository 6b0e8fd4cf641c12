/** Failures as the server tells them (RFC 9457), and the one that it cannot tell: that it was not reached. */
import type { components } from "./schema";

type ProblemBody = components["schemas"]["ProblemResponse"];

export class Problem extends Error implements ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly request_id: string;
  readonly errors: ProblemBody["errors"];

  constructor(body: ProblemBody) {
    super(body.detail);
    this.name = "Problem";
    this.type = body.type;
    this.title = body.title;
    this.status = body.status;
    this.detail = body.detail;
    this.code = body.code;
    this.request_id = body.request_id;
    this.errors = body.errors;
  }

  /** Whether the same again, unchanged, may go well soon. */
  get passing(): boolean {
    return this.code === UNREACHABLE || this.status === 503;
  }
}

export const UNREACHABLE = "unreachable";

export function unreachable(cause: unknown): Problem {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new Problem({
    type: `urn:flowdeck:error:${UNREACHABLE}`,
    title: "Unreachable",
    status: 0,
    detail,
    code: UNREACHABLE,
    request_id: "",
    errors: [],
  });
}

/** What an answer that is no success says; a proxy's page is no problem document. */
export async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  if (isProblem(body)) {
    return new Problem(body);
  }
  return new Problem({
    type: "about:blank",
    title: response.statusText,
    status: response.status,
    detail: `HTTP ${response.status} ${response.statusText}`.trim(),
    code: `http_${response.status}`,
    request_id: response.headers.get("x-request-id") ?? "",
    errors: [],
  });
}

function isProblem(body: unknown): body is ProblemBody {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body && "status" in body;
}
