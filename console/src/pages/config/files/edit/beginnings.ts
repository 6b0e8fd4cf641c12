/** What a file that is not there yet begins with. */
const BEGINNINGS: Record<string, string> = {
  "models.yaml": "models:\n  default: {provider: local}\n",
  "prices.yaml":
    'prices:\n  # A model\'s name, and what a million tokens of it cost.\n  my-model: {currency: USD, input: "0.15", output: "0.60"}\n',
  "tools.yaml": "tools:\n  calculator: {type: calculator}\n",
};

/** Files that may be written where there are none. Workflows are begun in their own editor. */
export const CREATABLE = Object.keys(BEGINNINGS);

export function beginningOf(path: string): string {
  return BEGINNINGS[path] ?? "";
}
