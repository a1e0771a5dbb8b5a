// The Execute page: `/` chooses and starts, `/?run=RUN` watches, so that one can leave and come back.

import { runPage } from "./run-page.js";
import { startPage } from "./start-page.js";

const base = new URL("../..", import.meta.url).href;
const runId = new URLSearchParams(location.search).get("run");
const main = document.getElementById("main");

main.replaceChildren(...(runId ? runPage(base, runId) : startPage(base)));
