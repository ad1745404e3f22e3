/** Short pieces of code as answers hold them, one for each language; each has something that reaches over lines. */

export const SAMPLES: Readonly<Record<string, string>> = {
  python: `
from __future__ import annotations
import numpy as np

@dataclass(frozen=True)
class Point(Base):
    """A point,
    with a docstring over lines."""
    x: float = 0.5e-3  # metres

    async def move(self, dx: int | None = None, *args, **kwargs) -> "Point":
        if dx is None or not isinstance(dx, int):
            raise ValueError(f"bad {dx!r}: it's {type(dx).__name__}")
        return replace(self, x=self.x + 0x1F + 1_000j)

text = r'C:\\new' + b"bytes".decode()
print(max(len(line) for line in text.split("\\n")), True, lambda y: y ** 2)
`,
  javascript: `
import { readFile } from "node:fs/promises";
/* over
   lines */
const pattern = /ab+[/"c]/giu, big = 10n, half = a / 2 / b;
export default async function* load(path = 'x', ...rest) {
  const text = \`\${await readFile(path, { encoding: "utf8" })} and
  more \${rest.map((x) => \`<\${x}>\`).join(", ")}\`;
  for (const [key, value] of Object.entries(JSON.parse(text))) yield { key, value: value ?? null };
  if (!text || typeof text !== "string") throw new Error("it's empty");
  return class extends Map { #size = 0x1f; static of() { return new this(); } };
}
`,
  typescript: `
import type { Reader } from "./reader";
/** A node. */
export interface Node<T extends object = {}> extends Base {
  readonly id: number; children?: Array<Node<T>>; [key: string]: unknown;
}
type Keys = keyof Node<any> | "none" | \`on\${string}\`;
enum Colour { Red = 1, Green = "green" }
abstract class Tree<T> implements Iterable<T> {
  private root: Node | null = null;
  constructor(public readonly name: string, protected size = 0) { super(); }
  find<K extends Keys>(key: K, test: (node: Node) => boolean): asserts this is Found {
    return this.root!.children?.find(test) as unknown as Found;
  }
}
declare module "x" { export function f(this: Window): void; }
`,
  tsx: `
import { useState, type ReactNode } from "react";
export function Counter({ start = 0, label }: { start?: number; label: ReactNode }) {
  const [count, setCount] = useState<number>(start);
  // don't
  return (
    <section className="counter" data-open={count > 3}>
      <p>It's {label}: don't panic, {count}</p>
      <button type="button" onClick={() => setCount((n) => n + 1)} disabled>Add</button>
      <></>
    </section>
  );
}
`,
  bash: `
#!/usr/bin/env bash
set -euo pipefail
NAME="\${1:-world}"   # the name
for file in *.txt; do
  if [[ -f "$file" && $(wc -l < "$file") -gt 10 ]]; then
    echo "Hello $NAME, it's \${file%.txt}" | tee -a 'log file' >&2
  fi
done
function greet() { local x=$1; printf '%s\\n' "$x"; }
cat <<'END' > out.txt
not $a command
END
export PATH=$HOME/bin:$PATH; pip install --upgrade "numpy>=2" && cd "$HOME" || exit 1
`,
  sql: `
-- orders of a year
CREATE TABLE IF NOT EXISTS orders (id SERIAL PRIMARY KEY, total NUMERIC(10, 2) NOT NULL DEFAULT 0.0);
SELECT c.name, COUNT(*) AS n, SUM(o.total) "Total"
FROM customers c LEFT JOIN orders o ON o.customer_id = c.id
WHERE o.created_at BETWEEN '2024-01-01' AND '2024-12-31' AND c.note <> 'it''s'
/* over
   lines */
GROUP BY 1 HAVING COUNT(*) > 5 ORDER BY n DESC LIMIT 10;
`,
  json: `
{
  "name": "value \\"quoted\\"",
  "numbers": [1, -2.5e10, 0],
  "nested": { "ok": true, "none": null, "no": false }
}
`,
  yaml: `
# a workflow
on: [push, pull_request]
defaults: &base
  retries: 3
  name: "build"
jobs:
  test:
    <<: *base
    runs-on: ubuntu-latest
    if: \${{ github.ref == 'refs/heads/main' }}
    enabled: true
    script: |
      echo "hello: world"
      make test
    steps:
      - uses: actions/checkout@v4
      - { name: run, run: 'it''s' }
`,
  html: `
<!DOCTYPE html>
<html lang="en">
  <!-- over
       lines -->
  <head><style>
    body > p.note { color: #fff; margin: 0 auto !important; }
  </style></head>
  <body class="dark" hidden>
    <p>Tom &amp; Jerry don't <a href='/x?y=1'>link</a><br/></p>
    <script type="module">
      const x = "text"; // comment
      document.querySelector("p").addEventListener("click", () => alert(\`hi \${x}\`));
    </script>
  </body>
</html>
`,
  css: `
@import url("base.css");
:root { --accent: #0a5fc4; --gap: calc(1rem + 2px); }
/* over
   lines */
.card:hover > a[href^="https"]::after, #main.dark {
  color: var(--accent); background: rgb(0 0 0 / 50%) no-repeat; margin: -1.5em auto 0 !important;
  font-family: "Fira Code", monospace; content: "\\201C";
}
@media (max-width: 600px) and (prefers-color-scheme: dark) { .card { display: grid; } }
`,
  r: `
library(ggplot2)
# a plot
data <- read.csv("data.csv", stringsAsFactors = FALSE)
summary_fun <- function(x, na.rm = TRUE, ...) {
  if (is.null(x) || !length(x)) return(NA_real_)
  mean(x, na.rm = na.rm) + 1e-3L
}
data |> subset(age > 30 & sex %in% c('f', "m")) -> kept
ggplot(kept, aes(x = age, y = height)) + geom_point(colour = "red")
text <- "over
lines"
`,
  julia: `
using LinearAlgebra
#= over
   lines =#
abstract type Shape end
struct Circle{T<:Real} <: Shape
    r::T
end
area(c::Circle) = π * c.r^2  # a method
function solve(A::Matrix{Float64}, b; tol=1e-8)::Vector
    for i in 1:length(b)
        @assert b[i] != 0 "zero at $(i): $b"
    end
    x = A \\ b'
    return isnothing(x) ? :none : x
end
s = """
text \\$ with $x
"""
`,
  rust: `
use std::collections::HashMap;
/// A reader.
#[derive(Debug, Clone)]
pub struct Reader<'a, T: Read + 'static> { name: &'a str, inner: Option<T>, count: u64 }
/* over
   lines */
impl<'a, T> Reader<'a, T> where T: Read {
    pub async fn next(&mut self) -> Result<Vec<u8>, Box<dyn Error>> {
        let mut map: HashMap<char, usize> = HashMap::new();
        match self.inner { Some(ref r) if self.count > 0x1f => *map.entry('x').or_insert(1_000) += 1, _ => return Err("it's over\\n".into()) }
        println!("{:?} {}", map, r#"raw "text""#);
        Ok(vec![b'a'; 3])
    }
}
`,
  go: `
package main

import (
	"fmt"
	"net/http"
)

// Server serves.
type Server struct {
	Name string \`json:"name"\`
	mu   sync.Mutex
}

/* over
   lines */
func (s *Server) Handle(w http.ResponseWriter, r *http.Request) error {
	defer s.mu.Unlock()
	for i, v := range []int{1, 0x1F, 3.5e2} {
		go func(ch chan<- int) { ch <- i + v }(make(chan int))
	}
	if err := fmt.Errorf("bad %q", 'x'); err != nil { return err }
	return nil
}
`,
  cpp: `
#include <vector>
#define MAX(a, b) ((a) > (b) ? (a) : (b))
/* over
   lines */
namespace shop {
template <typename T, size_t N = 10>
class Stack final : public Base<T> {
 public:
  explicit Stack(const std::string& name) : name_{name}, size_(0) {}
  virtual ~Stack() = default;
  auto push(T&& value) noexcept -> bool { // adds
    if (size_ >= N) throw std::out_of_range("it's full\\n");
    data_[size_++] = std::move(value);
    return true && nullptr != this;
  }
 private:
  T data_[N]; std::string name_; unsigned long size_ = 0xFFul + 1'000;
};
}  // namespace shop
const char* raw = R"(raw
text)"; char c = 'x';
`,
  java: `
package org.example;

import java.util.*;

/** A shop. */
@Service
public final class Shop<T extends Item> implements Iterable<T> {
    private static final int MAX = 1_000;
    private final Map<String, List<T>> items = new HashMap<>();

    @Override
    public Iterator<T> iterator() throws IOException {
        for (var entry : items.entrySet()) {
            if (entry.getValue() == null) throw new IllegalStateException("it's " + 'x');
        }
        return items.values().stream().flatMap(List::stream).filter(i -> i.price() > 0.5f).iterator();
    }
    String block = """
        text "quoted"
        """;
}
`,
};
